"""Measures of classification against known rankings and confusions."""

import math

import numpy as np
import pytest

from ast_demo.training.evaluation.metrics import (
    average_precision,
    confusion_matrix,
    top_k_accuracy,
    wilson_interval,
)


def test_average_precision_of_a_known_ranking():
    scores, relevant = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 0, 1, 0])
    assert average_precision(scores, relevant) == pytest.approx((1 + 2 / 3) / 2)
    assert math.isnan(average_precision(scores, np.zeros(4, int)))


def test_equal_scores_count_as_one_step():
    assert average_precision(np.full(4, 0.5), np.array([1, 0, 0, 1])) == pytest.approx(0.5)


def test_top_k_accuracy_and_confusions_of_known_scores():
    scores = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.4, 0.5, 0.1]])
    targets = np.eye(3, dtype=int)[[0, 1, 0]]
    assert top_k_accuracy(scores, targets, 1) == pytest.approx(1 / 3)
    assert top_k_accuracy(scores, targets, 2) == 1.0
    assert confusion_matrix(scores, targets).tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_the_interval_of_eight_in_ten_is_wilsons():
    low, high = wilson_interval(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
