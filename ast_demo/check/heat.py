"""Is the heat honest? Deletion and insertion, beside loudness, chance and random weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ast_demo.check.perturbations.perturbation import generator
from ast_demo.check.run import Sound
from ast_demo.classifier import AudioClassifier
from ast_demo.explain.explanation import Explanation
from ast_demo.explain.faithfulness import (
    FILLINGS,
    LEAST_SCORE,
    RANDOM_ORDERS,
    REMOVED_SHARES,
    cells_in_order,
    filling_value,
    randomized_relevance,
    rank_correlation,
    without,
)
from ast_demo.training.evaluation.metrics import wilson_interval

MAPS = ("rollout", "relevance")
BASELINES = ("random", "loudest cells", "random weights")
ORDERS = (*MAPS, *BASELINES)
BATCH = 4  # inputs in one pass: others get their turn in between
RESAMPLES = 1000
FEWEST_CLIPS = 5  # on which one order can be told from another


@dataclass(frozen=True)
class HeatCurves:
    """Curves of one clip: score of its best label as cells go, or come, in five orders."""

    sound: str
    label: str
    start: float  # score of the whole sound
    shares: tuple[float, ...]
    deletion: dict[str, dict[str, list[float]]]  # filling -> order -> scores
    insertion: dict[str, dict[str, list[float]]]
    randomized_correlation: float  # of relevance, trained and random weights

    def gain(self, order: str, fillings: Sequence[str] = FILLINGS) -> float:
        """Return the area under insertion less that under deletion, over the starting score."""
        return float(
            np.mean(
                [
                    area(self.shares, self.insertion[f][order])
                    - area(self.shares, self.deletion[f][order])
                    for f in fillings
                ]
            )
            / self.start
        )


def area(shares: Sequence[float], scores: Sequence[float]) -> float:
    """Return the area under a curve."""
    steps, values = np.diff(shares), np.asarray(scores)
    return float((steps * (values[1:] + values[:-1]) / 2).sum())


def measure_heat(
    classifier: AudioClassifier, sounds: Sequence[Sound], seed: int = 0
) -> Iterator[HeatCurves | None]:
    """Yield None after each pass of the model, and the curves of each clip when they are done.

    Clips whose best score is too low to lose anything yield no curves.
    """
    for sound in sounds:
        explanation = classifier.explain(sound.waveform)
        label, start = explanation.top(1)[0]
        yield None
        if start >= LEAST_SCORE:
            yield from _curves(explanation, sound.name, label, start, seed)


def _curves(
    explanation: Explanation, name: str, label: str, start: float, seed: int
) -> Iterator[HeatCurves | None]:
    stranger = explanation.on_grid(randomized_relevance(explanation, label, seed))
    relevance = explanation.relevance(label)
    maps = [explanation.rollout, relevance, stranger]
    grid, frames = explanation.grid, explanation.num_frames
    orders = [np.argsort(-m.ravel(), kind="stable") for m in maps]
    rng = generator(seed, name)
    orders += [rng.permutation(grid.num_patches) for _ in range(RANDOM_ORDERS)]
    cells = [cells_in_order(grid, order, frames) for order in orders]
    cells.append(loudest_cells(explanation))
    names = ["rollout", "relevance", "random weights", *["random"] * RANDOM_ORDERS]
    names.append("loudest cells")
    yield None
    index = explanation.classifier.label_index(label)
    deletion, insertion = {}, {}
    for filling in FILLINGS:
        value = filling_value(explanation, filling)
        ends = yield from _scored(explanation, [(cells[0], value)], index)
        between = REMOVED_SHARES[1:-1]
        gone = [(c[: round(s * len(c))], value) for c in cells for s in between]
        come = [(c[round(s * len(c)) :], value) for c in cells for s in between]
        scores = yield from _scored(explanation, gone + come, index)
        halves = np.reshape(scores, (2, len(cells), len(between)))
        deletion[filling], insertion[filling] = ({}, {})
        for order in ORDERS:
            rows = [row for row, name_of in enumerate(names) if name_of == order]
            falls, rises = halves[:, rows].mean(axis=1)
            deletion[filling][order] = [start, *map(float, falls), float(ends[0])]
            insertion[filling][order] = [float(ends[0]), *map(float, rises), start]
    alike = rank_correlation(relevance, stranger)
    yield HeatCurves(name, label, start, REMOVED_SHARES, deletion, insertion, alike)


def _scored(explanation: Explanation, changes: Sequence[tuple], index: int):
    """Score a label with some cells replaced; yields None after each pass, returns the scores."""
    classifier, scores = explanation.classifier, []
    at_once = max(1, min(BATCH, classifier.batch_limit))
    for first in range(0, len(changes), at_once):
        altered = [
            without(explanation.input_values, cells, value)
            for cells, value in changes[first : first + at_once]
        ]
        logits = classifier.logits(torch.from_numpy(np.stack(altered)))
        scores += classifier.scores_of(logits)[:, index].tolist()
        yield None
    return scores


def loudest_cells(explanation: Explanation) -> np.ndarray:
    """List the sound's cells, the loudest first, as indices into input_values flattened."""
    values = explanation.input_values.copy()
    values[explanation.num_frames :] = -np.inf
    values[:, explanation.grid.covered_mel_bins :] = -np.inf
    order = np.argsort(-values, axis=None, kind="stable")
    return order[: np.isfinite(values).sum()]


def summarize_heat(curves: Sequence[HeatCurves], skipped: int = 0, seed: int = 0) -> dict:
    """Return areas with bootstrap intervals, who beats whom on how many clips, and a sentence."""
    if not curves:
        return {"clips": 0, "skipped": skipped, "sentence": heat_sentence(0, {})}
    gains = {order: [c.gain(order) for c in curves] for order in ORDERS}
    draws = np.random.default_rng(seed).integers(len(curves), size=(RESAMPLES, len(curves)))
    rows = []
    for order in ORDERS:
        for filling in FILLINGS:
            deleted = [area(c.shares, c.deletion[filling][order]) / c.start for c in curves]
            inserted = [area(c.shares, c.insertion[filling][order]) / c.start for c in curves]
            rows.append(
                {
                    "order": order,
                    "filling": filling,
                    "deletion": _interval(deleted, draws),
                    "insertion": _interval(inserted, draws),
                }
            )
    beats = {
        order: {
            other: sum(a > b for a, b in zip(gains[order], gains[other])) for other in BASELINES
        }
        | {
            "random and loudest cells": sum(
                a > max(b, c)
                for a, b, c in zip(gains[order], gains["random"], gains["loudest cells"])
            )
        }
        for order in MAPS
    }
    return {
        "clips": len(curves),
        "skipped": skipped,
        "areas": rows,
        "gain": {order: _interval(gains[order], draws) for order in ORDERS},
        "beats": beats,
        "randomized_correlation": float(np.mean([c.randomized_correlation for c in curves])),
        "mean_curves": _mean_curves(curves),
        "sentence": heat_sentence(len(curves), beats),
    }


def heat_sentence(clips: int, beats: dict) -> str:
    """Say on how many clips the maps beat loudness and, with enough clips, what follows."""
    if not clips:
        return "No clip had a score high enough to test the heat with."
    over = {order: beats[order]["loudest cells"] for order in MAPS}
    counts = (
        f"On {clips} clip{'s' if clips != 1 else ''} relevance beats loudness on "
        f"{over['relevance']}, rollout on {over['rollout']}"
    )
    if clips < FEWEST_CLIPS:
        return f"{counts}."
    relevance, rollout = (_standing(beats[order], clips) for order in ("relevance", "rollout"))
    if relevance == rollout:
        return f"{counts}: both {relevance}."
    return f"{counts}: relevance {relevance}; rollout {rollout}."


def _standing(wins: dict, clips: int) -> str:
    """Say what a map did: more than half of the clips, by Wilson's interval, is better."""
    loud, chance = (wilson_interval(wins[key], clips) for key in ("loudest cells", "random"))
    if loud[0] > 0.5:
        return "found what the score needs better than loudness would"
    if chance[0] > 0.5:
        less = "less well than" if loud[1] < 0.5 else "no better than"
        return f"found what the score needs, {less} loudness would"
    return "did no better than chance"


def _interval(values: Sequence[float], draws: np.ndarray) -> list[float]:
    """Return a mean and its 95 % bootstrap interval."""
    means = np.asarray(values)[draws].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return [float(np.mean(values)), float(low), float(high)]


def _mean_curves(curves: Sequence[HeatCurves]) -> dict:
    """Return the mean curves over clips and fillings, as shares of the starting score."""
    mean = {
        way: {
            order: np.mean(
                [np.array(getattr(c, way)[f][order]) / c.start for c in curves for f in FILLINGS],
                axis=0,
            ).tolist()
            for order in ORDERS
        }
        for way in ("deletion", "insertion")
    }
    return {"shares": list(curves[0].shares), **mean}
