"""Bars are read as written, and curves, breaking points and sentences follow from the outcomes."""

import numpy as np
import pytest

from ast_demo.check.bars import Bars
from ast_demo.check.perturbations.table import build_perturbations
from ast_demo.check.run import Outcome
from ast_demo.check.series import benefit, build_series, fits
from ast_demo.check.verdicts import build_verdicts

NOISE = [p for p in build_perturbations(only=["noise"]) if p.series == "pink noise"]


def outcome(key, score, rival_score=0.0, before=0.9, **more):
    return Outcome("a.wav", key, "Siren", before, score, "Rain", rival_score, **more)


def pink(scores, rivals):
    outcomes = [outcome(p.key, s, r) for p, s, r in zip(NOISE, scores, rivals)]
    return build_series(NOISE, outcomes, Bars())[0], outcomes


def test_bars_are_read_and_the_rest_keep_their_defaults():
    assert Bars.parse(["kept=0.95", "top1=0.8"]) == Bars(kept=0.95, top1=0.8)


@pytest.mark.parametrize("text", ["kept", "kept=much", "kept=1.5", "kept=nan", "trust=0.9"])
def test_what_is_no_bar_is_refused(text):
    with pytest.raises(ValueError, match=text.split("=")[0]):
        Bars.parse([text])


def test_a_series_holds_to_the_last_strength_before_its_first_flip():
    series, _ = pink([0.9, 0.8, 0.7, 0.4, 0.5, 0.1], [0.1, 0.1, 0.1, 0.6, 0.1, 0.6])
    assert (series.holds_to, series.flips_at) == ("10 dB SNR", "5 dB SNR")
    assert series.sentence == "pink noise: holds to 10 dB SNR, flips at 5 dB SNR"


def test_a_series_that_never_flips_and_one_that_always_does_say_so():
    assert "the hardest that was tried" in pink([0.9] * 6, [0.0] * 6)[0].sentence
    assert "flips from 30 dB SNR on" in pink([0.1] * 6, [0.9] * 6)[0].sentence


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


def test_a_point_holds_mean_and_range_over_sounds():
    outcomes = [outcome(NOISE[0].key, s) for s in (0.2, 0.4, 0.9)]
    point = build_series(NOISE, outcomes, Bars())[0].points[0]
    assert (point.low, point.high, point.cases) == (0.2, 0.9, 3)
    assert point.score == pytest.approx(0.5)


def test_in_nothing_only_a_fitting_label_may_be_heard():
    assert fits("digital silence", "Silence")
    assert fits("nothing but white noise", "Rain")
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


def test_sounds_that_are_not_recognized_are_named():
    outcomes = [outcome("", 0.9, true_before=0.3, true_score=0.3)]
    (verdict,) = build_verdicts([], outcomes, None, Bars())
    assert not verdict.passed
    assert verdict.measured == "0 of 1 recognized, not a.wav"


def test_a_model_without_an_order_of_patches_misses_its_bar():
    (verdict,) = build_verdicts([], [], 0.0, Bars())
    assert verdict.passed is False
    assert np.isclose(float(verdict.measured.split()[-1]), 0)
