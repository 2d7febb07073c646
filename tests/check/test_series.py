"""Curves, breaking points and sentences follow from the outcomes."""

import pytest

from ast_demo.check.bars import Bars
from ast_demo.check.perturbations.table import build_perturbations
from ast_demo.check.run import Outcome
from ast_demo.check.series import benefit, build_series, fits
from tests.helpers.outcomes import NOISE, outcome, pink


def test_a_series_holds_to_the_last_strength_before_its_first_flip():
    series, _ = pink([0.9, 0.8, 0.7, 0.4, 0.5, 0.1], [0.1, 0.1, 0.1, 0.6, 0.1, 0.6])
    assert (series.holds_to, series.flips_at) == ("10 dB SNR", "5 dB SNR")
    assert series.sentence == "pink noise: holds to 10 dB SNR, flips at 5 dB SNR"


def test_a_series_that_never_flips_and_one_that_always_does_say_so():
    assert "the hardest that was tried" in pink([0.9] * 6, [0.0] * 6)[0].sentence
    assert "flips from 30 dB SNR on" in pink([0.1] * 6, [0.9] * 6)[0].sentence


def test_a_point_holds_mean_and_range_over_sounds():
    outcomes = [outcome(NOISE[0].key, s) for s in (0.2, 0.4, 0.9)]
    point = build_series(NOISE, outcomes, Bars())[0].points[0]
    assert (point.low, point.high, point.cases) == (0.2, 0.9, 3)
    assert point.score == pytest.approx(0.5)


def test_in_nothing_only_a_fitting_label_may_be_heard():
    assert fits("digital silence", "Silence")
    assert fits("nothing but white noise", "Rain")
    assert fits("nothing but white noise", "silence")  # of single words: nothing is said
    assert not fits("digital silence", "Rain")
    (silence,) = (p for p in build_perturbations(quick=True) if p.series == "digital silence")
    for label, passed in (("Silence", True), ("Siren", False)):
        outcomes = [Outcome("a", silence.key, "Dog", 0.9, 0.0, label, 0.9)]
        assert build_series([silence], outcomes, Bars())[0].points[0].passed is passed


def test_a_mistake_that_makes_the_model_better_is_found_by_the_true_label_if_known():
    sure = [outcome("x", 0.2, 0.95, before=0.5)]
    assert benefit(sure) == pytest.approx(0.45)
    known = [outcome("x", 0.2, 0.95, before=0.5, true_before=0.5, true_score=0.1)]
    assert benefit(known) == pytest.approx(-0.4)
