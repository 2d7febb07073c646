"""The experiments change what they say they change, and the two theorems hold."""

import copy

import numpy as np
import pytest
import torch

from ast_demo.classifier import AudioClassifier
from ast_demo.explain.experiments import (
    VARIANTS_AT_ONCE,
    change_gain,
    change_statistics,
    change_stride,
    compare_inputs,
    drop_addresses,
    flip_frequency,
    hottest_patches,
    interpolate_addresses,
    paint_patches,
    patch_cells,
    random_patches,
    reverse_time,
    shift_up,
    shuffle_patches,
    shuffle_with_addresses,
    shuffle_without_addresses,
    sounding_patches,
)
from ast_demo.features.patches import PatchGrid
from tests.helpers.models import hearing_classifier

SAME = 1e-4  # between logits in float32
RATE = 16000  # Hz


def small_classifier(dtype=torch.float32) -> AudioClassifier:
    classifier = hearing_classifier(["dog", "cat", "bell"], seed=1)
    model = classifier.model
    positions = model.audio_spectrogram_transformer.embeddings.position_embeddings
    torch.nn.init.normal_(positions, std=0.5)
    return AudioClassifier(model.to(dtype), classifier.extractor)


def chirp(samples: int = 12000) -> np.ndarray:
    seconds = np.arange(samples) / RATE
    noise = np.random.default_rng(0).standard_normal(samples)
    tone = 0.2 * np.sin(2 * np.pi * (300 + 900 * seconds) * seconds)
    return (tone + 0.003 * noise).astype(np.float32)


@pytest.fixture(scope="module")
def explanation():
    return small_classifier().explain(chirp())


def test_shuffled_patches_that_keep_their_addresses_change_nothing(explanation):
    assert shuffle_with_addresses(explanation, seed=3).greatest_difference <= SAME


def test_without_addresses_shuffling_changes_nothing(explanation):
    assert shuffle_without_addresses(explanation, seed=3).greatest_difference <= SAME


def test_the_theorems_hold_for_a_model_in_bfloat16_too():
    explanation = small_classifier(torch.bfloat16).explain(chirp())
    outcome = shuffle_with_addresses(explanation)
    assert outcome.dtype == "float32"
    assert outcome.greatest_difference <= SAME


@pytest.mark.parametrize("name", ["everyday-sounds", "speech-commands"])
def test_the_theorems_hold_for_the_bundled_models(name):
    classifier = AudioClassifier.load(name, device="cpu", dtype="float32")
    explanation = classifier.explain(chirp(4 * RATE))
    for experiment in (shuffle_with_addresses, shuffle_without_addresses):
        assert experiment(explanation).greatest_difference <= SAME


def test_patches_that_lose_their_addresses_change_the_answer(explanation):
    assert shuffle_patches(explanation).greatest_difference > SAME
    assert drop_addresses(explanation).greatest_difference > SAME


def test_token_experiments_start_from_the_scores_of_the_explanation(explanation):
    outcome = drop_addresses(explanation)
    assert outcome.before == pytest.approx(explanation.scores, abs=1e-5)
    assert outcome.reference == explanation.top(1)[0][0]


def test_the_sound_itself_is_scored_once_for_all_experiments():
    explanation = small_classifier(torch.bfloat16).explain(chirp())
    passes = []
    explanation.classifier.model.register_forward_pre_hook(lambda *_: passes.append(1))
    for experiment in (flip_frequency, shift_up, reverse_time):
        experiment(explanation)
    assert len(passes) == 1 + 3
    exact = explanation.logits(copy.deepcopy(explanation.classifier.model).float())
    assert exact.dtype == torch.float32
    assert explanation.logits().dtype == torch.bfloat16


def test_the_models_own_stride_gives_its_own_answer(explanation):
    assert change_stride(explanation, 10, 10).greatest_difference <= SAME


@pytest.mark.parametrize("stride", [6, 12, 16])
def test_another_stride_gives_another_answer(explanation, stride):
    assert change_stride(explanation, stride, stride).greatest_difference > SAME


@pytest.mark.parametrize("stride", [5, 17, 10.0, True, "10"])
def test_a_stride_out_of_bounds_is_refused(explanation, stride):
    with pytest.raises(ValueError, match=r"frequency_stride is .*, expected a whole number from 6"):
        change_stride(explanation, stride, 10)


def test_interpolated_addresses_lie_between_their_neighbours():
    old, new = PatchGrid(max_length=128), PatchGrid(max_length=128, time_stride=15)
    line = torch.arange(float(old.num_patches)).view(1, -1, 1)  # f * 12 + t
    moved = interpolate_addresses(line, old, new)[0, :, 0].view(12, -1)
    assert moved[0].tolist() == [0.0, 1.5, 3.0, 4.5, 6.0, 7.5, 9.0, 10.5]
    assert (moved[1] - moved[0]).unique().tolist() == [12.0]


def test_backward_twice_is_forward(explanation):
    backward = small_classifier().explain(chirp()[::-1].copy())
    assert reverse_time(explanation).after == pytest.approx(backward.scores, abs=1e-6)
    assert reverse_time(backward).after == pytest.approx(explanation.scores, abs=1e-6)


def test_flipping_turns_the_mel_bins_round(explanation):
    flipped = explanation.input_values[:, ::-1].copy()
    expected = compare_inputs(explanation, [flipped])[0].after
    assert flip_frequency(explanation).after == expected


def test_moved_up_by_nothing_is_the_same_and_by_everything_is_refused(explanation):
    assert shift_up(explanation, 0).greatest_difference == 0
    with pytest.raises(ValueError, match="bins is 128, expected 0 to 127"):
        shift_up(explanation, 128)


def test_painted_cells_are_those_of_the_patches_and_never_padding(explanation):
    grid = explanation.grid
    last = grid.time_patches - 1  # begins after the sound has ended
    assert len(patch_cells(grid, [(0, 0), (0, 1)], explanation.num_frames)) == 26 * 16
    assert len(patch_cells(grid, [(0, last)], explanation.num_frames)) == 0
    assert paint_patches(explanation, [(0, last)]).greatest_difference == 0
    with pytest.raises(ValueError, match=r"patch \(12, 0\) lies outside the grid"):
        paint_patches(explanation, [(12, 0)])


def test_hottest_and_random_patches_are_a_tenth_of_the_sound(explanation):
    hottest, drawn = hottest_patches(explanation, explanation.rollout), random_patches(explanation)
    sounding = sounding_patches(explanation)
    assert len(hottest) == len(set(drawn)) == round(len(sounding) / 10)
    assert set(hottest + drawn) <= set(sounding)
    highest = max(sounding, key=lambda patch: explanation.rollout[patch])
    assert hottest[0] == highest


def test_gains_are_those_of_the_waveform(explanation):
    louder = small_classifier().classify(2 * chirp())
    outcome = change_gain(explanation, [20 * np.log10(2)])[0]
    assert outcome.after == pytest.approx(louder.scores, abs=1e-5)


def test_the_models_own_statistics_change_nothing(explanation):
    extractor = explanation.classifier.extractor
    own, other = change_statistics(explanation, [(extractor.mean, extractor.std), (0.0, 0.5)])
    assert own.greatest_difference <= SAME
    assert other.greatest_difference > SAME
    with pytest.raises(ValueError, match=r"std is 0, expected a number above 0"):
        change_statistics(explanation, [(0, 0)])


def test_more_variants_than_one_run_takes_are_refused(explanation):
    copies = [explanation.input_values] * (VARIANTS_AT_ONCE + 1)
    with pytest.raises(ValueError, match="there are 9 variants, expected 1 to 8"):
        compare_inputs(explanation, copies)
