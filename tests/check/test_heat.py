"""Deletion and insertion measure what they say, beside loudness, chance and random weights."""

import numpy as np
import pytest

from ast_demo.check.heat import (
    ORDERS,
    HeatCurves,
    area,
    heat_sentence,
    loudest_cells,
    measure_heat,
    summarize_heat,
)
from ast_demo.check.run import Sound
from ast_demo.classifier import AudioClassifier
from tests.helpers.listening_model import LISTENER, scene


@pytest.fixture(scope="module")
def classifier():
    return AudioClassifier.load(LISTENER, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def tone():
    return Sound("tone.wav", scene([(0.5, 0.8, "High tone")], 1.295))


@pytest.fixture(scope="module")
def curves(classifier, tone):
    return [c for c in measure_heat(classifier, [tone]) if c is not None]


def test_every_order_starts_and_ends_at_the_same_scores(curves):
    (found,) = curves
    for filling in found.deletion:
        ends = {found.deletion[filling][order][-1] for order in ORDERS}
        assert len(ends) == 1
        for order in ORDERS:
            assert found.deletion[filling][order][0] == found.start
            assert found.insertion[filling][order][-1] == found.start
            assert found.insertion[filling][order][0] in ends


def test_the_same_seed_gives_the_same_curves(classifier, tone, curves):
    again = [c for c in measure_heat(classifier, [tone]) if c is not None]
    assert again == curves


def test_the_loudest_cell_comes_first_and_padding_never(classifier, tone):
    explanation = classifier.explain(tone.waveform[:8000])
    cells = loudest_cells(explanation)
    values = explanation.input_values.ravel()[cells]
    assert (np.diff(values) <= 0).all()
    assert (cells // explanation.grid.num_mel_bins).max() < explanation.num_frames
    assert len(cells) == explanation.num_frames * explanation.grid.covered_mel_bins


def test_silence_has_nothing_to_lose(classifier):
    quiet = Sound("quiet.wav", np.zeros(20720, np.float32))
    scores = classifier.classify(quiet.waveform).top(1)[0][1]
    found = [c for c in measure_heat(classifier, [quiet]) if c is not None]
    assert len(found) == (scores >= 0.05)


def fake(gains, number=0):
    """Build curves whose gain is known: insertion is flat at the gain, deletion at zero."""
    flat = {f: {o: [0.0, 0.0] for o in ORDERS} for f in ("mean", "silence")}
    rises = {f: {o: [gains[o]] * 2 for o in ORDERS} for f in ("mean", "silence")}
    return HeatCurves(f"{number}.wav", "x", 1.0, (0.0, 1.0), flat, rises, 0.0)


def test_who_beats_whom_is_counted_and_said():
    good = {"rollout": 0.2, "relevance": 0.5, "random": 0.1, "loudest cells": 0.3}
    bad = {"rollout": 0.4, "relevance": 0.1, "random": 0.2, "loudest cells": 0.3}
    curves = [
        fake({**gains, "random weights": 0.0}, n) for n, gains in enumerate((good, good, bad))
    ]
    found = summarize_heat(curves)
    assert found["beats"]["relevance"]["loudest cells"] == 2
    assert found["beats"]["relevance"]["random and loudest cells"] == 2
    assert found["sentence"] == "On 3 clips relevance beats loudness on 2, rollout on 1."
    mean, low, high = found["gain"]["relevance"]
    assert low <= mean <= high
    assert mean == pytest.approx((0.5 + 0.5 + 0.1) / 3)


@pytest.mark.parametrize(
    ("loudness", "chance", "words"),
    [
        (35, 40, "both found what the score needs better than loudness would"),
        (21, 40, "both found what the score needs, no better than loudness would"),
        (5, 40, "both found what the score needs, less well than loudness would"),
        (21, 21, "both did no better than chance"),
    ],
)
def test_the_sentence_says_what_follows_from_the_counts(loudness, chance, words):
    wins = {"loudest cells": loudness, "random": chance}
    sentence = heat_sentence(40, {"relevance": wins, "rollout": wins})
    assert sentence.startswith(f"On 40 clips relevance beats loudness on {loudness}, rollout on")
    assert words in sentence


def test_two_maps_that_differ_are_told_one_by_one():
    wins = {"loudest cells": 35, "random": 40}
    sentence = heat_sentence(40, {"relevance": wins, "rollout": {"loudest cells": 1, "random": 20}})
    assert "relevance found what the score needs better than loudness would; rollout" in sentence
    assert sentence.endswith("rollout did no better than chance.")


def test_no_clips_give_a_sentence_and_no_numbers():
    assert "No clip" in summarize_heat([], 3)["sentence"]


def test_an_area_is_that_of_trapezoids():
    assert area((0, 0.5, 1), (1.0, 0.5, 0.0)) == pytest.approx(0.5)
