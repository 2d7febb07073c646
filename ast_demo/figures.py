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
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ast_demo.explanation import Explanation
from ast_demo.patches import PatchGrid
from ast_demo.spectrogram import HOP_SECONDS, LOWEST_HZ, WINDOW_SECONDS, hertz_to_mel

HERTZ_TICKS = (125, 250, 500, 1000, 2000, 4000, 8000)
RULES = {
    "sigmoid": "scores (sigmoid: labels may overlap)",
    "softmax": "scores (softmax: labels exclude each other)",
    "linear": "outputs (linear)",
}
LABEL_LENGTH = 26  # characters of a label beside its bar
LETTERS_PER_INCH = 15  # of the small print below the picture
FLATTEST = 0.5  # times the mean patch: a map with less contrast is drawn as flat as it is
FIGURE_FORMATS = ("png", "svg", "pdf")

_INK = "#1f2328"
_SOFT_INK = "#59636e"
_BAR = "#3b6ea8"
_HEAT = "#ff5a00"
_PADDING_FACE, _PADDING_INK = "#f1f2f4", "#c2c8cf"
_GRID = "#4da3ff"  # seen on black, on white and beside the heat


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
    grid: bool = False,
    top: int = 6,
    provenance: str | None = None,
) -> Figure:
    """Draw an explained sound: spectrogram with axes, padding, patch grid, a map, label bars.

    Args:
        explanation: what `AudioClassifier.explain` returned.
        title: name of the sound.
        heat: "rollout", any map (freq_patches, time_patches) such as `explanation.attention(3)`,
            or None for the spectrogram alone, in colour.
        heat_name: what the map's colour bar says.
        grid: whether to draw where patches start, and one patch at its true extent.
        top: labels to show.
        provenance: the last line; by default model, rule, dtype and device.

    Returns:
        a matplotlib Figure; `figure_bytes` turns it into a file.

    Raises:
        ValueError: if the map has another shape or holds no finite value.
    """
    patch_map, heat_name = _chosen_map(explanation, heat, heat_name)
    sheet, lines = _lay_out(explanation.grid, explanation.notes, provenance or made_by(explanation))
    figure = Figure(figsize=(sheet.width, sheet.height), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes(sheet.share(sheet.picture))
    energy = _draw_spectrogram(axes, explanation, grey=patch_map is not None)
    _draw_padding(axes, explanation)
    bars = [("log-mel energy, normalized", energy)]
    if patch_map is not None:
        bars.append((heat_name, _draw_heat(axes, explanation.grid, patch_map)))
    if grid:
        _draw_grid(axes, explanation.grid)
    _draw_axes(axes, explanation.grid)
    _draw_colour_bars(figure, sheet, bars)
    _draw_labels(figure.add_axes(sheet.share(sheet.bars)), explanation, top)
    _write_texts(figure, sheet, title, explanation.rule, lines)
    return figure


def figure_bytes(figure: Figure, format: str = "png", dpi: int = 200) -> bytes:
    """Return a figure as the content of a PNG, SVG or PDF file.

    Raises:
        ValueError: for another format.
    """
    if format not in FIGURE_FORMATS:
        raise ValueError(f"format is {format!r}, expected one of {', '.join(FIGURE_FORMATS)}.")
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
            raise ValueError(f"heat is {heat!r}, expected 'rollout', a map, or None.")
        heat, name = explanation.rollout, name or "attention rollout"
    patch_map = np.asarray(heat, dtype=np.float64)
    expected = (explanation.grid.freq_patches, explanation.grid.time_patches)
    if patch_map.shape != expected:
        raise ValueError(f"the map has shape {patch_map.shape}, expected {expected}.")
    if not np.isfinite(patch_map).all():
        raise ValueError("the map holds values that are not finite, expected shares from 0 on.")
    return patch_map, f"{name or 'attention'} (1 = mean of all patches)"


def _lay_out(grid: PatchGrid, notes, provenance: str) -> tuple[_Sheet, list[str]]:
    """Size the page so that patches are square, unless the window is too long for that."""
    cell = min(8.6 / grid.max_length, 3.2 / grid.num_mel_bins)  # inches of a square cell
    width = grid.max_length * cell
    height = max(grid.num_mel_bins * cell, 2.3)
    page_width = 0.75 + width + 0.55 + 2.5 + 0.25
    room = int((page_width - 1.0) * LETTERS_PER_INCH)
    lines = [line for text in ("; ".join(notes), provenance) for line in textwrap.wrap(text, room)]
    below = 0.95 + 0.17 * len(lines)
    picture = (0.75, below, width, height)
    bars = (0.75 + width + 0.55, below, 2.5, height)
    return _Sheet(page_width, below + height + 0.5, picture, bars), lines


def _draw_spectrogram(axes, explanation: Explanation, grey: bool):
    """Draw the frames of sound, lowest band at the bottom."""
    num_frames, grid = explanation.num_frames, explanation.grid
    sound = explanation.input_values[:num_frames].T
    axes.set_xlim(0, grid.max_length)
    axes.set_ylim(0, grid.num_mel_bins)
    return axes.imshow(
        sound,
        origin="lower",
        extent=(0, num_frames, 0, grid.num_mel_bins),
        aspect="auto",
        cmap="gray" if grey else "magma",
        interpolation="nearest",
    )


def _draw_padding(axes, explanation: Explanation) -> None:
    grid, num_frames = explanation.grid, explanation.num_frames
    rest = grid.max_length - num_frames
    if rest <= 0:
        return
    axes.add_patch(
        Rectangle(
            (num_frames, 0),
            rest,
            grid.num_mel_bins,
            facecolor=_PADDING_FACE,
            edgecolor=_PADDING_INK,
            hatch="////",
            linewidth=0,
        )
    )
    if rest > 0.1 * grid.max_length:
        axes.text(
            num_frames + rest / 2,
            grid.num_mel_bins / 2,
            "padding",
            ha="center",
            va="center",
            color=_SOFT_INK,
            fontsize=8,
            bbox={"facecolor": _PADDING_FACE, "edgecolor": "none", "pad": 2},
        )


def _draw_heat(axes, grid: PatchGrid, patch_map: np.ndarray):
    """Lay a map over the spectrogram, overlapping patches averaged, strength by value."""
    mean = float(np.abs(patch_map).mean()) or 1.0
    plane = np.ma.masked_invalid(grid.spread(patch_map / mean))
    lowest, highest = float(plane.min()), float(plane.max())
    clear = LinearSegmentedColormap.from_list("heat", [(*_rgb(_HEAT), 0.0), (*_rgb(_HEAT), 0.8)])
    return axes.imshow(
        plane,
        origin="lower",
        extent=(0, grid.max_length, 0, grid.num_mel_bins),
        aspect="auto",
        cmap=clear,
        vmin=lowest,
        vmax=max(highest, lowest + FLATTEST),
        interpolation="nearest",
        zorder=1.5,  # above the padding, which gets its share of attention too
    )


def _draw_grid(axes, grid: PatchGrid) -> None:
    """Draw where patches start, and the first one at its true extent."""
    right, upper = grid.covered_frames, grid.covered_mel_bins
    columns = [grid.frames(t)[0] for t in range(grid.time_patches)]
    rows = [grid.mel_bins(f)[0] for f in range(grid.freq_patches)]
    lines = [[(x, 0), (x, upper)] for x in (*columns, right)]
    lines += [[(0, y), (right, y)] for y in (*rows, upper)]
    axes.add_collection(LineCollection(lines, colors=_GRID, linewidths=0.35, alpha=0.8))
    size = grid.patch_size
    axes.add_patch(Rectangle((0, 0), size, size, fill=False, edgecolor=_GRID, linewidth=1.4))


def _draw_axes(axes, grid: PatchGrid) -> None:
    """Put ticks at whole seconds (the middle of a frame's window) and at octaves."""
    seconds = grid.max_length * HOP_SECONDS
    step = next(step for step in (0.2, 0.5, 1, 2, 5, 10, 60, 600) if seconds / step <= 11)
    times = np.arange(0, seconds, step)
    middle = WINDOW_SECONDS / 2 - HOP_SECONDS / 2  # of frame 0 lies half a cell further
    axes.set_xticks(np.maximum(0, (times - middle) / HOP_SECONDS), [f"{time:g}" for time in times])
    axes.set_xlabel("time (s)", color=_INK, fontsize=8)
    lowest = hertz_to_mel(LOWEST_HZ)
    mel_step = (hertz_to_mel(grid.sampling_rate / 2) - lowest) / (grid.num_mel_bins + 1)
    heights = {hz: (hertz_to_mel(hz) - lowest) / mel_step - 0.5 for hz in HERTZ_TICKS}
    shown = {
        hz: min(y, grid.num_mel_bins) for hz, y in heights.items() if y < grid.num_mel_bins + 1
    }
    names = [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in shown]
    axes.set_yticks(list(shown.values()), names)
    axes.set_ylabel("frequency (Hz)", color=_INK, fontsize=8)
    axes.tick_params(labelsize=7, colors=_SOFT_INK, length=3, width=0.6)
    for spine in axes.spines.values():
        spine.set(color=_SOFT_INK, linewidth=0.6)


def _draw_colour_bars(figure: Figure, sheet: _Sheet, bars) -> None:
    """Put a horizontal colour bar for each quantity below the picture."""
    left, bottom, width, _ = sheet.picture
    length = min(2.6, (width - 0.4 * (len(bars) - 1)) / len(bars))
    for place, (name, image) in enumerate(bars):
        box = (left + place * (length + 0.4), bottom - 0.62, length, 0.09)
        axes = figure.add_axes(sheet.share(box), facecolor="#8c8c8c")  # heat lies on mid grey
        bar = figure.colorbar(image, cax=axes, orientation="horizontal")
        bar.solids.set_alpha(None)
        bar.locator.set_params(nbins=5)
        bar.update_ticks()
        bar.outline.set(linewidth=0.4, edgecolor=_SOFT_INK)
        axes.tick_params(labelsize=6.5, colors=_SOFT_INK, length=2, width=0.5)
        axes.set_title(name, fontsize=7, color=_INK, loc="left", pad=3, parse_math=False)


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
        text = {"fontsize": 8, "va": "bottom", "color": _INK, "parse_math": False}
        axes.text(lowest, row - 0.03, _short(label, LABEL_LENGTH), ha="left", **text)
        axes.text(highest, row - 0.03, f"{score:.3f}", ha="right", **text)
    axes.set_axis_off()


def _write_texts(figure: Figure, sheet: _Sheet, title, rule: str, lines: list[str]) -> None:
    """Write the title and the rule of the scores above, notes and provenance below."""
    left = sheet.picture[0] / sheet.width
    above = (sheet.picture[1] + sheet.picture[3] + 0.14) / sheet.height
    if title:
        head = {"fontsize": 11, "color": _INK, "fontweight": "bold", "parse_math": False}
        figure.text(left, above, _short(title, int(sheet.picture[2] * 9)), **head)
    figure.text(sheet.bars[0] / sheet.width, above, RULES[rule], fontsize=7, color=_SOFT_INK)
    for place, line in enumerate(reversed(lines)):
        bottom = (0.16 + 0.17 * place) / sheet.height
        figure.text(left, bottom, line, fontsize=7, color=_SOFT_INK, parse_math=False)


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


def _rgb(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
