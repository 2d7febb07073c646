"""The checks of a map tell a good map from a bad one, and remove what they say they remove."""

import numpy as np
import pytest
import torch

from ast_demo.explain.faithfulness import (
    DeletionTest,
    cells_in_order,
    deletion_test,
    filling_value,
    randomized_relevance,
    rank_correlation,
    without,
)
from tests.helpers.models import hearing_classifier


@pytest.fixture(scope="module")
def explanation():
    classifier = hearing_classifier(["dog", "cat"], seed=1)
    time = np.arange(12000) / 16000
    noise = np.random.default_rng(0).standard_normal(12000)
    return classifier.explain((0.2 * np.sin(2500 * time) + 0.01 * noise).astype(np.float32))


def test_cells_go_patch_by_patch_and_each_only_once(explanation):
    grid = explanation.grid
    order = np.roll(np.arange(grid.num_patches), -37)
    cells = cells_in_order(grid, order, explanation.num_frames)
    assert len(set(cells.tolist())) == len(cells)
    assert len(cells) == explanation.num_frames * grid.covered_mel_bins
    frames, bins = np.divmod(cells[: grid.patch_size**2], grid.num_mel_bins)
    f, t = divmod(37, grid.time_patches)
    inside = [frame for frame in grid.frames(t) if frame < explanation.num_frames]
    first = len(inside) * grid.patch_size
    assert set(frames[:first]) == set(inside)
    assert set(bins[:first]) == set(grid.mel_bins(f))


def test_padding_is_never_removed(explanation):
    order = np.arange(explanation.grid.num_patches)
    cells = cells_in_order(explanation.grid, order, explanation.num_frames)
    assert (cells // explanation.grid.num_mel_bins).max() == explanation.num_frames - 1


def test_removed_cells_take_the_value_and_the_original_stays(explanation):
    before = explanation.input_values.copy()
    altered = without(explanation.input_values, np.array([0, 130]), 7.0)
    assert altered[0, 0] == altered[1, 2] == 7.0
    assert (altered != before).sum() == 2
    assert (explanation.input_values == before).all()


def test_fillings_are_the_sounds_mean_and_the_energy_floor(explanation):
    sound = explanation.input_values[: explanation.num_frames]
    assert filling_value(explanation, "mean") == pytest.approx(sound.mean(), abs=1e-6)
    assert filling_value(explanation, "silence") == pytest.approx(-1.277594, abs=1e-5)
    with pytest.raises(ValueError, match="filling is 'music'"):
        filling_value(explanation, "music")


def test_the_curves_start_at_the_score_and_end_where_nothing_is_left(explanation):
    test = deletion_test(explanation, explanation.rollout, "dog")
    assert test.hottest[0] == pytest.approx(explanation.scores["dog"], abs=1e-5)
    assert test.hottest[0] == test.random[0] == test.coldest[0]
    assert test.hottest[-1] == test.random[-1] == test.coldest[-1]
    assert len(test.shares) == len(test.hottest) == len(test.random) == len(test.coldest)


def test_the_reversed_map_swaps_hottest_and_coldest(explanation):
    heat = np.arange(explanation.grid.num_patches, dtype=float).reshape(explanation.rollout.shape)
    test = deletion_test(explanation, heat, "dog")
    swapped = deletion_test(explanation, -heat, "dog")
    assert swapped.hottest == pytest.approx(test.coldest, abs=1e-6)
    assert swapped.coldest == pytest.approx(test.hottest, abs=1e-6)


def test_a_map_of_another_shape_and_an_unknown_label_are_refused(explanation):
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        deletion_test(explanation, np.zeros((2, 2)), "dog")
    with pytest.raises(ValueError, match="'cow'"):
        deletion_test(explanation, explanation.rollout, "cow")


SHARES = (0.0, 0.2, 1.0)


@pytest.mark.parametrize(
    ("hottest", "random", "words"),
    [
        ((0.9, 0.1, 0.0), (0.9, 0.7, 0.0), "marks what the score needs"),
        ((0.9, 0.7, 0.0), (0.9, 0.7, 0.0), "no better than chance"),
        ((0.9, 0.8, 0.0), (0.9, 0.2, 0.0), "needs other places more"),
        ((0.01, 0.0, 0.0), (0.01, 0.01, 0.0), "too little to lose"),
    ],
)
def test_the_verdict_follows_the_area_between_the_curves(hottest, random, words):
    test = DeletionTest("dog", "mean", SHARES, hottest, random, random)
    assert words in test.verdict


def test_the_gain_is_the_area_between_the_curves_over_the_first_score():
    test = DeletionTest("dog", "mean", (0.0, 0.5, 1.0), (0.8, 0.2, 0.0), (0.8, 0.6, 0.0), (0,) * 3)
    assert test.gain == pytest.approx(0.4 * 0.5 / 0.8)


def test_random_weights_give_another_map_and_leave_the_generator_alone(explanation):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    tokens = randomized_relevance(explanation, "dog")
    assert torch.equal(torch.rand(3), expected)
    assert tokens.shape == (explanation.grid.num_tokens,)
    assert torch.equal(tokens, randomized_relevance(explanation, "dog"))
    assert not np.allclose(explanation.on_grid(tokens), explanation.relevance("dog"))


def test_rank_correlation_tells_same_reversed_and_unrelated_orders():
    values = np.random.default_rng(0).random(400)
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
    assert abs(rank_correlation(values, np.random.default_rng(1).random(400))) < 0.2
