"""Verdicts follow from the curves and the bars."""

import numpy as np

from ast_demo.check.bars import Bars
from ast_demo.check.series import build_series
from ast_demo.check.verdicts import build_verdicts
from tests.helpers.outcomes import NOISE, outcome, pink


def test_mild_noise_must_keep_the_label_and_hard_noise_only_must_not_raise_it():
    series, outcomes = pink([0.9, 0.2, 0.1, 0.0, 0.0, 0.0], [0.0, 0.8, 0.8, 0.8, 0.8, 0.8])
    verdicts = build_verdicts([series], outcomes, None, Bars())
    assert [(v.kind, v.passed) for v in verdicts] == [
        ("must not change", False),
        ("should only fall", True),
    ]
    assert "(20 dB SNR)" in verdicts[0].measured


def test_a_score_that_rises_with_noise_misses_its_bar():
    series, outcomes = pink([0.5, 0.5, 0.9, 0.9, 0.9, 0.9], [0.0] * 6)
    outcomes = [outcome(o.key, o.score, before=0.5) for o in outcomes]
    series = build_series(NOISE, outcomes, Bars())[0]
    assert not build_verdicts([series], outcomes, None, Bars())[1].passed


def test_sounds_that_are_not_recognized_are_named():
    outcomes = [outcome("", 0.9, true_before=0.3, true_score=0.3)]
    (verdict,) = build_verdicts([], outcomes, None, Bars())
    assert not verdict.passed
    assert verdict.measured == "0 of 1 recognized, not a.wav"


def test_a_model_without_an_order_of_patches_misses_its_bar():
    (verdict,) = build_verdicts([], [], 0.0, Bars())
    assert verdict.passed is False
    assert np.isclose(float(verdict.measured.split()[-1]), 0)


def test_a_labelled_clip_that_is_bent_is_measured_by_the_bar_of_the_clips_alone():
    outcomes = [outcome("", 0.9, true_before=0.3, true_score=0.3)]
    assert build_verdicts([], outcomes, None, Bars(), ["a.wav"]) == []
