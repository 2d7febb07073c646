"""The figure to publish: spectrogram, where the model looked, and the labels, on one sheet.

Energy is lightness and attention is hue: with a map on it, the spectrogram is grey and the map one
warm colour whose strength is the value. Padding is hatched, since it is not sound. Every call makes
its own Figure and touches no setting of matplotlib, so that calls may run side by side.
"""

from __future__ import annotations

import io
import re
import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ast_demo.explain.explanation import Explanation
from ast_demo.figures.axes import INK, SOFT_INK, draw_picture
from ast_demo.figures.view import Plane, View
from ast_demo.values import refused

RULES = {
    "sigmoid": "scores (sigmoid: labels may overlap)",
    "softmax": "scores (softmax: labels exclude each other)",
    "linear": "outputs (linear)",
}
LABEL_LENGTH = 26  # characters of a label beside its bar
LETTERS_PER_INCH = 15  # of the small print below the picture
FIGURE_FORMATS = ("png", "svg", "pdf")

_BAR = "#0d9488"  # the page's accent


@dataclass(frozen=True)
class _Sheet:
    """Inches of everything on the page, measured from its lower left corner."""

    width: float
    height: float
    picture: tuple[float, float, float, float]  # left, bottom, width, height
    bars: tuple[float, float, float, float]

    def share(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return a box as shares of the figure, which is what add_axes wants."""
        left, bottom, width, height = box
        return left / self.width, bottom / self.height, width / self.width, height / self.height


def explanation_figure(
    explanation: Explanation,
    title: str | None = None,
    heat: str | np.ndarray | None = "rollout",
    heat_name: str | None = None,
    view: View | None = None,
    top: int = 6,
    provenance: str | None = None,
) -> Figure:
    """Draw an explained sound as a view shows it, with axes, colour bars and label bars.

    Args:
        explanation: what `AudioClassifier.explain` returned.
        title: name of the sound.
        heat: "rollout", any map (freq_patches, time_patches) such as `explanation.attention(3)`,
            or None for the spectrogram alone, in colour.
        heat_name: what the map's colour bar says.
        view: colours, range, patches, style of the heat, axis, what is in sight, as chosen in
            the explorer; by default all of the sound.
        top: labels to show.
        provenance: the last line; by default model, rule, dtype and device.

    Returns:
        a matplotlib Figure; `figure_bytes` turns it into a file.

    Raises:
        ValueError: if the map has another shape or holds no finite value.
    """
    view = view or View()
    patch_map, heat_name = _chosen_map(explanation, heat, heat_name)
    if patch_map is not None and view.scale == "share":
        heat_name += ", times an even share"
    small_print = provenance or made_by(explanation)
    sheet, lines = _lay_out(explanation, view, small_print)
    figure = Figure(figsize=(sheet.width, sheet.height), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes(sheet.share(sheet.picture))
    bars = draw_picture(axes, explanation, patch_map, view)
    _draw_colour_bars(figure, sheet, [(name or heat_name, *rest) for name, *rest in bars])
    _draw_labels(figure.add_axes(sheet.share(sheet.bars)), explanation, top)
    _write_texts(figure, sheet, title, explanation.rule, lines)
    return figure


def figure_bytes(figure: Figure, format: str = "png", dpi: int = 200) -> bytes:
    """Return a figure as the content of a PNG, SVG or PDF file.

    Raises:
        ValueError: for another format.
    """
    if format not in FIGURE_FORMATS:
        raise refused("format", format, f"one of {', '.join(FIGURE_FORMATS)}")
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}  # no date in the file
    content = io.BytesIO()
    figure.savefig(content, format=format, dpi=dpi, metadata=dates.get(format))
    return content.getvalue()


def _chosen_map(explanation, heat, name) -> tuple[np.ndarray | None, str]:
    """Return the map to draw and what to call it."""
    if heat is None:
        return None, ""
    if isinstance(heat, str):
        if heat != "rollout":
            raise refused("heat", heat, "'rollout', a map, or None")
        heat, name = explanation.rollout, name or "attention rollout"
    patch_map = np.asarray(heat, dtype=np.float64)
    expected = (explanation.grid.freq_patches, explanation.grid.time_patches)
    if patch_map.shape != expected:
        raise ValueError(f"the map has shape {patch_map.shape}, expected {expected}.")
    if not np.isfinite(patch_map).all():
        raise ValueError("the map holds values that are not finite, expected shares from 0 on.")
    return patch_map, name or "attention"


def _lay_out(explanation: Explanation, view: View, small_print: str) -> tuple[_Sheet, list[str]]:
    """Size the page so that cells are square, unless what is in sight is too long for that."""
    columns, rows = Plane(explanation.grid, view.grid == "exploded").sight(view)
    seen_columns, seen_rows = columns[1] - columns[0], rows[1] - rows[0]
    cell = min(8.6 / seen_columns, 3.2 / seen_rows)  # inches of a square cell
    width = max(seen_columns * cell, 1.4)
    height = max(seen_rows * cell, 2.3)
    page_width = 0.75 + width + 0.55 + 2.5 + 0.25
    room = int((page_width - 1.0) * LETTERS_PER_INCH)
    texts = ("; ".join(explanation.notes), small_print)
    lines = [line for text in texts for line in textwrap.wrap(text, room)]
    below = 0.95 + 0.17 * len(lines)
    picture = (0.75, below, width, height)
    bars = (0.75 + width + 0.55, below, 2.5, height)
    return _Sheet(page_width, below + height + 0.5, picture, bars), lines


def _draw_colour_bars(figure: Figure, sheet: _Sheet, bars) -> None:
    """Put a horizontal colour bar for each quantity below the picture."""
    left, bottom, width, _ = sheet.picture
    length = min(2.6, (width - 0.4 * (len(bars) - 1)) / len(bars))
    for place, (name, image, marks) in enumerate(bars):
        box = (left + place * (length + 0.4), bottom - 0.62, length, 0.09)
        axes = figure.add_axes(sheet.share(box), facecolor="#8c8c8c")  # heat lies on mid grey
        bar = figure.colorbar(image, cax=axes, orientation="horizontal")
        if bar.solids is not None:
            bar.solids.set_alpha(None)
        if isinstance(image.norm, BoundaryNorm):  # counts
            bar.set_ticks(range(image.norm.N - 1))
        elif marks is not None:
            bar.set_ticks(list(marks.values()), labels=list(marks))
        else:
            bar.locator = MaxNLocator(nbins=5)
            bar.update_ticks()
        bar.outline.set(linewidth=0.4, edgecolor=SOFT_INK)
        axes.tick_params(labelsize=6.5, colors=SOFT_INK, length=2, width=0.5)
        axes.set_title(name, fontsize=7, color=INK, loc="left", pad=3, parse_math=False)


def _draw_labels(axes, explanation: Explanation, top: int) -> None:
    """Draw the best labels as bars, the best on top, each with its name and score above it."""
    ranked = explanation.top(top)
    highest = max(1.0 if explanation.rule != "linear" else 0.0, *(score for _, score in ranked))
    lowest = min(0.0, *(score for _, score in ranked))
    axes.set_xlim(lowest, highest)
    axes.set_ylim(max(len(ranked), 3) - 0.35, -0.45)
    for row, (label, score) in enumerate(ranked):
        axes.barh(row + 0.12, highest - lowest, left=lowest, height=0.2, color="#eceef1")
        axes.barh(row + 0.12, score, height=0.2, color=_BAR)
        text = {"fontsize": 8, "va": "bottom", "color": INK, "parse_math": False}
        axes.text(lowest, row - 0.03, _short(label, LABEL_LENGTH), ha="left", **text)
        axes.text(highest, row - 0.03, f"{score:.3f}", ha="right", **text)
    axes.set_axis_off()


def _write_texts(figure: Figure, sheet: _Sheet, title, rule: str, lines: list[str]) -> None:
    """Write the title and the rule of the scores above, notes and provenance below."""
    left = sheet.picture[0] / sheet.width
    above = (sheet.picture[1] + sheet.picture[3] + 0.14) / sheet.height
    if title:
        text = figure.text(left, above, _short(title, int(sheet.picture[2] * 9)), fontsize=11)
        text.set(color=INK, fontweight="bold", parse_math=False)
    figure.text(sheet.bars[0] / sheet.width, above, RULES[rule], fontsize=7, color=SOFT_INK)
    for place, line in enumerate(reversed(lines)):
        bottom = (0.16 + 0.17 * place) / sheet.height
        figure.text(left, bottom, line, fontsize=7, color=SOFT_INK, parse_math=False)


def made_by(explanation: Explanation) -> str:
    """Name what made a picture: model, dtype, device."""
    owner = explanation.classifier
    checkpoint = owner.checkpoint
    name = "not saved" if checkpoint is None else checkpoint.name
    if checkpoint is not None and checkpoint.source in ("folder", "file"):
        name = re.split(r"[/\\]", checkpoint.name.rstrip("/\\"))[-1]  # never the folder's place
    if checkpoint is not None and checkpoint.revision:
        name += f" @ {checkpoint.revision[:12]}"
    dtype = str(owner.dtype).removeprefix("torch.")
    share = f"{explanation.special_share:.0%} of the rollout stays on CLS and distillation"
    return f"Model: {name}, {dtype} on {owner.device.type}; {share}. Drawn by AST Explorer."


def _short(text: str, length: int) -> str:
    """Keep a text on one line and within a length."""
    text = " ".join(str(text).split())
    return text if len(text) <= length else text[: length - 1] + "…"
