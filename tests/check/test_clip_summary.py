"""Swapped labels, scores to ask for and likely label errors follow from the scores."""

import numpy as np

from ast_demo.check.clip_summary import (
    likely_label_errors,
    scores_to_ask,
    swapped_labels,
)
from ast_demo.training.evaluation.evaluate import Evaluation
from ast_demo.training.evaluation.metrics import wilson_interval


def evaluation(true, called, scores=None, labels=("a", "b", "c")):
    table = np.full((len(true), len(labels)), 0.05)
    table[np.arange(len(true)), called] = 0.9 if scores is None else scores
    targets = np.zeros_like(table, int)
    targets[np.arange(len(true)), true] = 1
    names = tuple(f"{number}.wav" for number in range(len(true)))
    return Evaluation(names, labels, table, targets)


def test_swapped_labels_are_found_and_others_are_not():
    assert swapped_labels(evaluation([0, 0, 1, 1, 2, 2], [1, 1, 0, 0, 2, 2])) == [["a", "b"]]
    assert swapped_labels(evaluation([0, 0, 1, 1, 2, 2], [1, 1, 1, 1, 2, 2])) == []


def test_the_score_to_ask_for_is_the_least_with_enough_certainty():
    scores = np.linspace(0.3, 0.9, 100)
    called = np.zeros(100, int)
    true = np.where(scores < 0.5, 1, 0)
    row = scores_to_ask(evaluation(true, called, scores))[0]
    above = scores >= row["score"] - 1e-9
    assert wilson_interval((true[above] == 0).sum(), above.sum())[0] >= 0.9
    above = scores >= row["score"] - 0.01
    assert wilson_interval((true[above] == 0).sum(), above.sum())[0] < 0.9


def test_few_clips_are_too_few_for_any_score():
    assert scores_to_ask(evaluation([0, 0], [0, 0]))[0]["score"] is None


def test_a_label_gets_a_score_of_its_own_from_twenty_clips_on():
    rows = scores_to_ask(evaluation([0] * 40 + [1] * 5, [0] * 40 + [1] * 5))
    assert [row["label"] for row in rows] == [None, "a"]


def test_sure_but_wrong_clips_are_likely_label_errors():
    rows = [
        {"clip": "x", "right": False, "score": 0.95, "true_score": 0.01},
        {"clip": "y", "right": False, "score": 0.95, "true_score": 0.5},
        {"clip": "z", "right": True, "score": 0.95, "true_score": 0.95},
    ]
    assert [row["clip"] for row in likely_label_errors(rows)] == ["x"]
