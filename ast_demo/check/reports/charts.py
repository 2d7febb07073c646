"""The drawings of a report, as matplotlib Figure objects: the same on paper and on screen."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LABELS_WITH_NUMBERS = 20  # beyond, counts in the cells of a matrix cannot be read
SCREEN_SCALE = 1.4  # of a drawing on screen, at most, so that its letters are as large as text
LINE_STYLES = {  # of the orders of the heat's curves: told apart without colour
    "relevance": ("-", 2.0),
    "rollout": ("--", 1.6),
    "random": (":", 1.4),
    "loudest cells": ("-.", 1.4),
    "random weights": ((0, (1, 3)), 1.4),
}


class Palette(NamedTuple):
    """Colours of a drawing."""

    ink: str
    muted: str
    accent: str


PAPER = Palette("#1a1a1a", "#6b6b6b", "#0b57b7")
SCREEN = Palette("#010203", "#040506", "#070809")  # stand for CSS variables, see `svg`
_VARIABLES = {"#010203": "currentColor", "#040506": "var(--muted)", "#070809": "var(--accent)"}


def draw_curve(axes: Axes, series: Mapping, kept: float, palette: Palette) -> None:
    """Draw one series: the label, its strongest rival, the maps' likeness, where it flips."""
    points = series["points"]
    place = range(len(points))
    low, high = [p["low"] for p in points], [p["high"] for p in points]
    axes.fill_between(place, low, high, color=palette.accent, alpha=0.18, linewidth=0)
    axes.plot(place, [p["score"] for p in points], color=palette.accent, linewidth=2)
    axes.plot(place, [p["rival"] for p in points], "--", color=palette.muted, linewidth=1.1)
    alike = [(i, p["likeness"]) for i, p in enumerate(points) if p["likeness"] is not None]
    if len(alike) > 1:
        axes.plot(*zip(*alike), ":", color=palette.ink, linewidth=1)
    flips = [(i, p["score"]) for i, p in enumerate(points) if p["kept"] < kept * p["cases"]]
    if flips:
        axes.plot(*zip(*flips), "o", mfc="white", mec=palette.accent, markersize=5)
    axes.set_title(series["series"], fontsize=9, color=palette.ink, loc="left", parse_math=False)
    strengths = [f"{p['strength']:g}" for p in points]
    axes.set_xticks(list(place), strengths, fontsize=7)
    axes.set_xlabel(series["unit"], fontsize=7, labelpad=1)
    axes.set(ylim=(-0.03, 1.03), xlim=(-0.2, len(points) - 0.8), yticks=[0, 0.5, 1])
    _plain(axes, palette)


def curve_figure(series: Mapping, kept: float, palette: Palette = SCREEN) -> Figure:
    """Draw one series on its own."""
    figure = _figure(2.6, 1.75)
    draw_curve(figure.subplots(), series, kept, palette)
    return figure


def confusion_figure(labels: Sequence[str], counts, palette: Palette = SCREEN) -> Figure:
    """Draw a confusion matrix: true labels down, predicted ones across, rows in percent."""
    side = min(7.0, 2.2 + 0.19 * len(labels))
    figure = _figure(side, side)
    draw_confusion(figure.subplots(), labels, counts, palette)
    return figure


def draw_confusion(axes: Axes, labels: Sequence[str], counts, palette: Palette) -> None:
    """Draw a confusion matrix: true labels down, predicted ones across, rows in percent."""
    table = np.asarray(counts)
    share = table / np.maximum(1, table.sum(axis=1, keepdims=True))
    axes.pcolormesh(
        share, cmap=_alpha_map(palette.accent), vmin=0, vmax=1, edgecolors="none", rasterized=False
    )
    size = 8 if len(labels) <= MOST_LABELS_WITH_NUMBERS else 5
    middle = np.arange(len(labels)) + 0.5
    axes.set_xticks(middle, labels, rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(middle, labels, fontsize=size, parse_math=False)
    axes.set(ylim=(len(labels), 0), xlim=(0, len(labels)), aspect="equal")
    axes.set_xlabel("called", fontsize=8)
    axes.set_ylabel("is", fontsize=8)
    if len(labels) <= MOST_LABELS_WITH_NUMBERS:
        for (row, column), count in np.ndenumerate(table):
            if count:
                place = (column + 0.5, row + 0.5)
                ink = "#ffffff" if share[row, column] > 0.5 else palette.ink
                axes.text(*place, count, ha="center", va="center", fontsize=7, color=ink)
    _plain(axes, palette, size)


def reliability_figure(rows: Sequence[Mapping], palette: Palette = SCREEN) -> Figure:
    """Draw how often scores of each size were right; on the diagonal they say the truth."""
    figure = _figure(3.2, 3.0)
    axes = figure.subplots()
    draw_reliability(axes, rows, palette)
    return figure


def draw_reliability(axes: Axes, rows: Sequence[Mapping], palette: Palette) -> None:
    """Draw how often scores of each size were right."""
    axes.plot([0, 1], [0, 1], "--", color=palette.muted, linewidth=1)
    means, right = [r["mean_score"] for r in rows], [r["share_right"] for r in rows]
    axes.plot(means, right, "o-", color=palette.accent, markersize=4)
    for row in rows:
        low = row["share_right"] < 0.1  # where the axis would strike it through
        axes.annotate(
            str(row["count"]),
            (row["mean_score"], row["share_right"]),
            xytext=(-2, 5) if low else (4, -9),
            textcoords="offset points",
            fontsize=6,
            color=palette.muted,
        )
    axes.set_xlabel("score of the best label", fontsize=8)
    axes.set_ylabel("share of clips where it is right", fontsize=8)
    axes.set(xlim=(0, 1), ylim=(0, 1.03))
    _plain(axes, palette)


def scatter_figure(rows: Sequence[Mapping], palette: Palette = SCREEN) -> Figure:
    """Draw what A and B give the same label of each sound."""
    figure = _figure(3.2, 3.0)
    draw_scatter(figure.subplots(), rows, palette)
    return figure


def draw_scatter(axes: Axes, rows: Sequence[Mapping], palette: Palette) -> None:
    """Draw a sound as a point: filled where the best labels agree, hollow where they do not."""
    axes.plot([0, 1], [0, 1], "--", color=palette.muted, linewidth=1)
    for agree, fill in ((True, palette.accent), (False, "none")):
        chosen = [row for row in rows if row["agree"] is agree]
        axes.plot(
            [row["shown_a"] for row in chosen],
            [row["shown_b"] for row in chosen],
            "o",
            markerfacecolor=fill,
            markeredgecolor=palette.accent,
            markersize=5,
        )
    axes.set_xlabel("score in A", fontsize=8)
    axes.set_ylabel("score of the same label in B", fontsize=8)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    _plain(axes, palette)


def heat_figure(heat: Mapping, palette: Palette = SCREEN) -> Figure:
    """Draw the mean curves of deletion and insertion in five orders."""
    figure = _figure(6.2, 2.6)
    for axes, way in zip(figure.subplots(1, 2, sharey=True), ("deletion", "insertion")):
        draw_heat(axes, heat, way, palette)
    figure.axes[1].legend(fontsize=7, frameon=False, labelcolor=palette.ink)
    return figure


def draw_heat(axes: Axes, heat: Mapping, way: str, palette: Palette) -> None:
    """Draw the mean curves of one way in five orders."""
    curves = heat["mean_curves"]
    for order, (style, width) in LINE_STYLES.items():
        colour = palette.accent if order in ("relevance", "rollout") else palette.muted
        axes.plot(
            [100 * share for share in curves["shares"]],
            curves[way][order],
            linestyle=style,
            linewidth=width,
            color=colour,
            label=order,
        )
    gone = "removed" if way == "deletion" else "put back"
    axes.set_xlabel(f"% of the sound {gone}", fontsize=8)
    axes.set_title(way, fontsize=9, loc="left", color=palette.ink)
    if way == "deletion":
        axes.set_ylabel("share of the score", fontsize=8)
    _plain(axes, palette)


def svg(figure: Figure, name: str, words: str) -> str:
    """Return a figure as inline SVG in the colours of the page it stands on.

    Args:
        figure: drawn with the palette `SCREEN`.
        name: of this drawing: ids inside begin with it, so that several share a page.
        words: what is to be seen, for those who do not see it; escaped by the caller.
    """
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{name}-", text)
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    text = text.replace("stroke: #ffffff", "stroke: var(--paper)")
    text = text.replace("fill: #ffffff", "fill: var(--paper)")
    widest = round(SCREEN_SCALE * 96 * figure.get_figwidth())  # CSS pixels; letters stay letters
    head = f'<svg role="img" aria-label="{words}" style="max-width: {widest}px" '
    return text.replace("<svg ", head, 1)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _plain(axes: Axes, palette: Palette, size: float = 7) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(palette.muted)
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(colors=palette.ink, labelsize=size, length=2, width=0.6)
    axes.xaxis.label.set_color(palette.ink)
    axes.yaxis.label.set_color(palette.ink)


def _alpha_map(colour: str):
    """Return a colour map from nothing to a colour, for paper of any colour."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    rgb = to_rgb(colour)
    return LinearSegmentedColormap.from_list("alpha", [(*rgb, 0.0), (*rgb, 1.0)])
