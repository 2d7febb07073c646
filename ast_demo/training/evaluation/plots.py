"""Figures of a run and of an evaluation, as matplotlib Figure objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.tables import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_LABELS_WITH_NUMBERS = 15  # beyond, numbers in the cells of the matrix cannot be read


def confusion_figure(table: np.ndarray, labels: Sequence[str]) -> Figure:
    """Draw a confusion matrix: true labels down, predicted ones across, rows in percent."""
    from matplotlib.figure import Figure

    side = 3.0 + 0.2 * len(labels)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    share = 100 * table / np.maximum(1, table.sum(axis=1, keepdims=True))
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    figure.colorbar(image, label="% of the clips of a label", shrink=0.8)
    size = 9 if len(labels) <= MOST_LABELS_WITH_NUMBERS else 7
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(range(len(labels)), labels, fontsize=size, parse_math=False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(labels) <= MOST_LABELS_WITH_NUMBERS:
        for (row, column), count in np.ndenumerate(table):
            if count:
                colour = "white" if share[row, column] > 50 else "black"
                axes.text(column, row, str(count), ha="center", va="center", color=colour)
    return figure


def reliability_figure(rows: Sequence[dict]) -> Figure:
    """Draw how often scores of each size were right; on the diagonal they say the truth."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], linestyle="--", color="0.6", label="scores that say the truth")
    axes.plot(
        [row["mean_score"] for row in rows],
        [row["share_right"] for row in rows],
        marker="o",
        label="measured",
    )
    for row in rows:
        axes.annotate(
            str(row["count"]),
            (row["mean_score"], row["share_right"]),
            xytext=(4, -10),
            textcoords="offset points",
            fontsize=7,
        )
    axes.set(xlabel="score of the best label", ylabel="share of clips where it is right")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.legend(fontsize=8)
    return figure


def write_history(history: Sequence[dict], folder: str | Path) -> None:
    """Write what was measured during a run: history.csv and learning.png."""
    if not history:
        return
    folder = Path(folder)
    write_table(folder / "history.csv", history)
    learning_figure(history).savefig(folder / "learning.png", dpi=150)


def learning_figure(history: Sequence[dict], measures: Sequence[str] = ("top1",)) -> Figure:
    """Draw measures on held-out clips over the minutes of a run."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 3.2), layout="constrained")
    axes = figure.subplots()
    for measure in measures:
        rows = [row for row in history if measure in row]
        axes.plot(
            [row["minutes"] for row in rows],
            [100 * row[measure] for row in rows],
            marker="o",
            markersize=3,
            label=measure,
        )
    axes.set(xlabel="minutes of training", ylabel="% of held-out clips", ylim=(0, 100))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure
