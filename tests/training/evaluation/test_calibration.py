"""Calibration of the scores, and the threshold to abstain below."""

import numpy as np
import pytest

from ast_demo.training.evaluation.calibration import fit_calibration, fit_threshold


def test_calibrated_scores_are_right_as_often_as_they_say():
    rng = np.random.default_rng(0)
    targets = np.eye(4, dtype=int)[rng.integers(0, 4, 4000)]
    guesses = np.where(rng.random(4000) < 0.7, targets.argmax(axis=1), rng.integers(0, 4, 4000))
    logits = -9.0 + 15.0 * np.eye(4)[guesses]  # always says 0.998, is right three times in four
    scale, offset = fit_calibration(logits, targets, "multi_label_classification")
    right = (guesses == targets.argmax(axis=1)).mean()
    said = 1 / (1 + np.exp(-(scale * 6.0 + offset)))
    assert said == pytest.approx(right, abs=0.005)


def test_the_threshold_is_where_half_of_the_answers_are_right():
    rng = np.random.default_rng(5)
    best = rng.random(20_000)
    right = rng.random(20_000) < best**2  # half right at 0.707
    assert fit_threshold(best, right) == pytest.approx(0.5**0.5, abs=0.03)


def test_answers_that_are_right_at_every_score_leave_nothing_to_abstain_from():
    best = np.linspace(0.1, 0.9, 40)
    assert fit_threshold(best, np.ones(40, bool)) == 0.0
    assert fit_threshold(best, np.zeros(40, bool)) == 1.0
    assert fit_threshold(best[:5], np.zeros(5, bool)) == 0.0  # too few to tell


def test_a_temperature_moves_no_label():
    rng = np.random.default_rng(1)
    targets = np.eye(3, dtype=int)[rng.integers(0, 3, 500)]
    honest = np.log(0.1 + 0.7 * targets[rng.permutation(500)] + 0.1 * rng.random((500, 3)))
    scale, offset = fit_calibration(5 * honest, targets, "single_label_classification")
    assert offset == 0.0
    assert scale < 1.0


def test_sounds_that_hold_no_label_raise_the_threshold_by_their_weight():
    best = np.concatenate([np.linspace(0.1, 0.9, 80), np.linspace(0.1, 0.6, 400)])
    right = np.concatenate([np.linspace(0.1, 0.9, 80) > 0.25, np.zeros(400, bool)])

    def found(share):
        weights = np.concatenate([np.full(80, (1 - share) / 80), np.full(400, share / 400)])
        return fit_threshold(best, right, weights)

    assert found(0.0) == pytest.approx(0.25, abs=0.02)
    assert found(0.2) == pytest.approx(0.33, abs=0.02)
    assert 0.6 < found(0.8) < 0.66  # from 0.6 on every answer is right


def test_the_threshold_hardly_moves_from_one_set_of_clips_to_the_next():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(30):
        log_odds = rng.normal(1.0, 2.0, 300)
        right = rng.random(300) < 1 / (1 + np.exp(-log_odds))
        found.append(fit_threshold(1 / (1 + np.exp(-log_odds)), right))
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)
    assert np.std(found) < 0.06
