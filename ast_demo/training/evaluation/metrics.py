"""Measures of a classifier, in plain numpy."""

from __future__ import annotations

import math

import numpy as np


def top_k_accuracy(scores: np.ndarray, targets: np.ndarray, k: int = 1) -> float:
    """Return the share of clips with one of their labels among the k best scores.

    Args:
        scores: (clips, labels).
        targets: 0 or 1, (clips, labels).
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(targets, best, axis=1).any(axis=1).mean())


def average_precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Return the average precision of one label; NaN where no clip carries it.

    Equal scores count as one step, as in scikit-learn's average_precision_score.
    """
    total = relevant.sum()
    if not total:
        return math.nan
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(relevant[order])
    step_ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    precision = hits[step_ends] / (step_ends + 1)
    recall = hits[step_ends] / total
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def mean_average_precision(scores: np.ndarray, targets: np.ndarray) -> float:
    """Return the mean over labels that some clip carries: AudioSet's measure."""
    values = [average_precision(scores[:, i], targets[:, i]) for i in range(targets.shape[1])]
    present = [value for value in values if not math.isnan(value)]
    return float(np.mean(present)) if present else math.nan


def wilson_interval(hits: float, count: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the 95 % interval of a share measured on some clips.

    Source: Wilson 1927, score interval.
    """
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def confusion_matrix(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Count clips by their first label (rows) and the best score (columns)."""
    count = targets.shape[1]
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (targets.argmax(axis=1), scores.argmax(axis=1)), 1)
    return table


def reliability(scores: np.ndarray, targets: np.ndarray, bins: int = 10) -> list[dict]:
    """Return, for scores in equal bins from 0 to 1, how often they were right."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.digitize(scores.ravel(), edges) - 1, 0, bins - 1)
    right = targets.ravel()
    rows = []
    for number in range(bins):
        inside = place == number
        if inside.any():
            rows.append(
                {
                    "low": float(edges[number]),
                    "high": float(edges[number + 1]),
                    "count": int(inside.sum()),
                    "mean_score": float(scores.ravel()[inside].mean()),
                    "share_right": float(right[inside].mean()),
                }
            )
    return rows
