"""Is a map honest? Take away what it marks and watch the score; ask random weights for the same."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch

from ast_demo.explain.attention_maps import relevance
from ast_demo.explain.explanation import Explanation
from ast_demo.features.patches import PatchGrid
from ast_demo.features.spectrogram import ENERGY_FLOOR
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.values import refused

REMOVED_SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)  # of the sound's cells
RANDOM_ORDERS = 3  # averaged, since one random order may be lucky
SOUNDS_AT_ONCE = 4  # altered sounds in one pass: bounds memory, and how long others wait
FILLINGS = ("mean", "silence")
CLEAR_GAIN = 0.05  # of the starting score: less than that is no difference
LEAST_SCORE = 0.05  # below, there is too little score to lose


class CancelledError(ValueError):
    """The caller cancelled the run."""

    def __init__(self):
        super().__init__("the test was cancelled.")


@dataclass(frozen=True)
class DeletionTest:
    """Scores of a label as ever more of the sound is removed, in three orders."""

    label: str
    filling: str
    shares: tuple[float, ...]  # of the sound's cells that are removed
    hottest: tuple[float, ...]  # score after removing the hottest places first
    random: tuple[float, ...]  # the same for random places, mean of several orders
    coldest: tuple[float, ...]

    @property
    def gain(self) -> float:
        """Area between the random and the hottest curve, as a share of the starting score."""
        difference = np.subtract(self.random, self.hottest)
        steps = np.diff(self.shares)
        area = float((steps * (difference[1:] + difference[:-1]) / 2).sum())
        return area / self.hottest[0] if self.hottest[0] > 0 else 0.0

    @property
    def verdict(self) -> str:
        """Say in one sentence what the test found."""
        start = self.hottest[0]
        if start < LEAST_SCORE:
            return (
                f"{self.label} starts at a score of {start:.2f}, too little to lose: this test "
                "says something for labels that the model is sure of."
            )
        step = self.shares.index(0.2)
        fall = (
            f"Without the hottest {self.shares[step] * 100:.0f} % of the sound {self.label} goes "
            f"from {start:.2f} to {self.hottest[step]:.2f}, without random places to "
            f"{self.random[step]:.2f}"
        )
        if self.gain > CLEAR_GAIN:
            return f"{fall}: the heat marks what the score needs."
        if self.gain < -CLEAR_GAIN:
            return f"{fall}: the score needs other places more than the hot ones."
        return f"{fall}: the heat does no better than chance."


def deletion_test(
    explanation: Explanation,
    patch_map: np.ndarray,
    label: str,
    filling: str = "mean",
    seed: int = 0,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> DeletionTest:
    """Remove the hottest, random and coldest places of a sound and score what is left.

    The same share of the sound's cells goes in all three orders, whatever patches overlap. Padding
    stays as it is.

    Args:
        explanation: the explained sound.
        patch_map: one value a patch, (freq_patches, time_patches).
        label: whose score is watched.
        filling: what takes the place of removed cells: "mean" of the sound, or "silence".
        seed: of the random orders.
        is_cancelled: asked between two passes of the model.

    Raises:
        ValueError: for an unknown label or filling, or a map of another shape.
        CancelledError: once is_cancelled returns True.
    """
    steps = deletion_steps(explanation, patch_map, label, filling, seed)
    while True:
        if is_cancelled():
            raise CancelledError()
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def deletion_steps(
    explanation: Explanation,
    patch_map: np.ndarray,
    label: str,
    filling: str = "mean",
    seed: int = 0,
) -> Generator[None, None, DeletionTest]:
    """Do the work of `deletion_test`, yielding after each pass of the model.

    Raises:
        ValueError: as deletion_test.
    """
    grid, classifier = explanation.grid, explanation.classifier
    index = classifier.label_index(label)
    value = filling_value(explanation, filling)
    heat = np.asarray(patch_map, dtype=np.float64)
    expected = (grid.freq_patches, grid.time_patches)
    if heat.shape != expected:
        raise ValueError(f"the map has shape {heat.shape}, expected {expected}.")
    random = np.random.default_rng(seed)
    orders = [np.argsort(-heat.ravel(), kind="stable"), np.argsort(heat.ravel(), kind="stable")]
    orders += [random.permutation(heat.size) for _ in range(RANDOM_ORDERS)]
    between = REMOVED_SHARES[1:-1]  # nothing and everything removed are the same in every order
    cells = [cells_in_order(grid, order, explanation.num_frames) for order in orders]
    altered = [explanation.input_values, without(explanation.input_values, cells[0], value)]
    altered += [
        without(explanation.input_values, each[: round(share * len(each))], value)
        for each in cells
        for share in between
    ]
    start, end, *scores = yield from _scores(explanation, altered, index)
    inner = np.reshape(scores, (len(orders), len(between)))
    hottest, coldest, chance = (
        (start, *curve, end) for curve in (inner[0], inner[1], inner[2:].mean(axis=0))
    )
    curves = [tuple(float(score) for score in curve) for curve in (hottest, chance, coldest)]
    return DeletionTest(label, filling, REMOVED_SHARES, *curves)


def filling_value(explanation: Explanation, filling: str) -> float:
    """Return the normalized value that takes the place of removed cells.

    Raises:
        ValueError: for an unknown filling.
    """
    if filling not in FILLINGS:
        raise refused("filling", filling, f"one of {', '.join(FILLINGS)}")
    if filling == "mean":
        return float(explanation.input_values[: explanation.num_frames].mean())
    floor = torch.tensor(ENERGY_FLOOR).log()
    return float(explanation.classifier.extractor.normalize(floor))


def cells_in_order(grid: PatchGrid, patch_order: np.ndarray, num_frames: int) -> np.ndarray:
    """List the sound's cells in the order in which removing patches takes them.

    Args:
        grid: the model's grid.
        patch_order: patch numbers f * time_patches + t, first to be removed first.
        num_frames: frames of sound.

    Returns:
        indices into input_values (max_length, num_mel_bins) flattened; cells that no patch reads
        are left out, since removing them changes nothing.
    """
    taken = np.full((grid.max_length, grid.num_mel_bins), -1, dtype=np.int64)
    for rank in range(len(patch_order) - 1, -1, -1):  # backward: the earliest patch wins
        f, t = divmod(int(patch_order[rank]), grid.time_patches)
        bins, frames = grid.mel_bins(f), grid.frames(t)
        taken[frames.start : frames.stop, bins.start : bins.stop] = rank
    taken[num_frames:] = -1
    order = np.argsort(taken, axis=None, kind="stable")
    return order[np.count_nonzero(taken < 0) :]


def without(input_values: np.ndarray, cells: np.ndarray, value: float) -> np.ndarray:
    """Return a copy of input_values with some cells replaced by a value."""
    altered = input_values.copy()
    altered.ravel()[cells] = value
    return altered


def randomized_relevance(explanation: Explanation, label: str, seed: int = 0) -> torch.Tensor:
    """Return the relevance of every token from a model of the same shape with random weights.

    A map that hardly changes when everything learned is gone shows the sound, not the model.

    Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", model randomization test.
    """
    classifier = explanation.classifier
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        stranger = ASTForAudioClassification(classifier.config)
    stranger = stranger.eval().requires_grad_(False).to(classifier.device, classifier.model.dtype)
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0).to(classifier.device)
    return relevance(stranger, batch, classifier.label_index(label))[0]


def more_for(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return where one map is hotter than another, each taken as shares of its own sum."""
    shares, others = (values / (values.sum() or 1.0) for values in (one, other))
    return np.maximum(0, shares - others)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's correlation of two maps: 1 is the same order, 0 none, -1 the reverse."""
    first, second = (np.argsort(np.argsort(values, axis=None)) for values in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def _scores(
    explanation: Explanation, altered: list[np.ndarray], index: int
) -> Generator[None, None, np.ndarray]:
    """Score altered inputs for one label, some at a time; yields after each pass."""
    classifier = explanation.classifier
    scores = []
    for first in range(0, len(altered), SOUNDS_AT_ONCE):
        batch = torch.from_numpy(np.stack(altered[first : first + SOUNDS_AT_ONCE]))
        logits = classifier.logits(batch)
        scores.append(classifier.scores_of(logits)[:, index])
        yield
    return np.concatenate(scores)
