"""The numbers of labelled clips: where a model errs, and which score to ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ast_demo.check.clip_scores import ClipScores
from ast_demo.check.clips import ClipSet
from ast_demo.training.evaluation.evaluate import Evaluation
from ast_demo.training.evaluation.metrics import wilson_interval

SURE, DENIED = 0.8, 0.1  # a wrong label so sure, with the stated one so low, may be the label's err
WANTED_PRECISION = 0.9
FEWEST_FOR_A_THRESHOLD = 20  # clips that are given a label, before a threshold of its own is told
FEWEST_FOR_A_SWAP = 2  # clips of each of two labels


def summarize_clips(scores: ClipScores, clip_set: ClipSet) -> dict:
    """Return the numbers of a measurement, ready for JSON."""
    evaluation = scores.evaluation
    table, shown = evaluation.confusions()
    summary = evaluation.to_dict()
    count = summary["clips"]
    return {
        **summary,
        "confusion": {"labels": shown, "counts": table.tolist()},
        "rows": clip_rows(evaluation),
        "label_errors": [row["clip"] for row in likely_label_errors(clip_rows(evaluation))],
        "swapped": swapped_labels(evaluation),
        "score_to_ask": scores_to_ask(evaluation),
        "under": {
            key: {"right": right, "interval_95": list(wilson_interval(right, count))}
            for key, right in scores.under.items()
        },
        "unreadable": [{"clip": name, "reason": reason} for name, reason in scores.unreadable],
        "unknown_labels": clip_set.unknown,
        "unlabelled": clip_set.unlabelled,
        "trained_on": scores.trained_on,
    }


def clip_rows(evaluation: Evaluation) -> list[dict]:
    """Return one row a clip, the worst first: best wrong score minus true score."""
    rows = []
    for name, scores, target in zip(evaluation.files, evaluation.scores, evaluation.targets):
        best = int(scores.argmax())
        wrong = np.where(target == 1, -np.inf, scores)
        true = float(scores[target == 1].max())
        rows.append(
            {
                "clip": name,
                "labels": [evaluation.labels[i] for i in np.flatnonzero(target)],
                "best": evaluation.labels[best],
                "score": float(scores[best]),
                "true_score": true,
                "right": bool(target[best]),
                "badness": float(wrong.max()) - true if np.isfinite(wrong.max()) else -true,
            }
        )
    return sorted(rows, key=lambda row: -row["badness"])


def likely_label_errors(rows: Sequence[Mapping]) -> list[Mapping]:
    """Return clips where the model is sure of another label and denies the stated one."""
    return [
        row
        for row in rows
        if not row["right"] and row["score"] >= SURE and row["true_score"] <= DENIED
    ]


def swapped_labels(evaluation: Evaluation) -> list[list[str]]:
    """Return pairs of labels most clips of which are called by the other one's name."""
    table, labels = evaluation.confusions()
    counts = table.sum(axis=1)
    return [
        [labels[i], labels[j]]
        for i in range(len(labels))
        for j in range(i + 1, len(labels))
        if min(counts[i], counts[j]) >= FEWEST_FOR_A_SWAP
        and table[i, j] > counts[i] / 2
        and table[j, i] > counts[j] / 2
    ]


def scores_to_ask(evaluation: Evaluation, precision: float = WANTED_PRECISION) -> list[dict]:
    """Return the score to ask for so that what is above is right so often, overall and a label.

    A label is told one of its own where at least `FEWEST_FOR_A_THRESHOLD` clips are given it.
    """
    best = evaluation.scores.argmax(axis=1)
    top = evaluation.scores.max(axis=1)
    right = np.take_along_axis(evaluation.targets, best[:, None], axis=1)[:, 0]
    rows = [{"label": None, **_score_to_ask(top, right, precision)}]
    for index in evaluation.present:
        given = best == index
        if given.sum() >= FEWEST_FOR_A_THRESHOLD:
            row = _score_to_ask(top[given], right[given], precision)
            rows.append({"label": evaluation.labels[index], **row})
    return rows


def _score_to_ask(scores: np.ndarray, right: np.ndarray, precision: float) -> dict:
    """Find the least score above which Wilson's lower bound of being right reaches a share."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # equal scores go together
    found: dict[str, float | None] = {"score": None, "clips": 0, "right": 0, "of": len(scores)}
    for end in ends:
        count = int(end) + 1
        if wilson_interval(float(hits[end]), count)[0] >= precision:
            score = float(scores[order][end])
            found = {"score": score, "clips": count, "right": int(hits[end]), "of": len(scores)}
    return found
