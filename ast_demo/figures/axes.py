"""What lies inside the axes of a figure: spectrogram, padding, heat, patches, ticks."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap
from matplotlib.patches import Rectangle

from ast_demo.explain.explanation import Explanation
from ast_demo.features.patches import PatchGrid
from ast_demo.features.spectrogram import HOP_SECONDS, WINDOW_SECONDS, hertz_to_mel, mel_axis
from ast_demo.figures.heat import MOST_ALPHA, bar_ticks, contour_values, heat_alpha
from ast_demo.figures.view import Plane, View

HERTZ_TICKS = (125, 250, 500, 1000, 2000, 4000, 8000)
MEL_TICKS = (500, 1000, 1500, 2000, 2500)
BIN_TICKS = (0, 16, 32, 48, 64, 80, 96, 112, 127)
SECOND_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600)
MOST_SECOND_TICKS = 11
INK, SOFT_INK = "#27272a", "#52525b"  # of the page

_HEAT = "#ff6a00"  # one warm hue; its strength is told by alpha
_MAPS = {"grey": "gray", "inverted": "gray_r"}  # what matplotlib calls them
# What lies under heat: neither black nor white, so that the hue shows on every cell.
_UNDER = {True: ("#f4f4f4", "#303030"), False: ("#101010", "#d8d8d8")}
_PADDING_FACE, _PADDING_INK = "#f1f2f4", "#c2c8cf"
_GRID = {True: "black", False: "white"}  # over a map that is light, or dark, where it is quiet
_CHOSEN = "#4dd2ff"


def draw_picture(
    axes, explanation: Explanation, patch_map: np.ndarray | None, view: View
) -> list[tuple[str, object, dict[str, float] | None]]:
    """Draw one view of a sound.

    Returns:
        name, image and marks of the quantities that want a colour bar; the heat's name is empty.
    """
    plane = Plane(explanation.grid, view.grid == "exploded")
    (left, right), (bottom, top) = plane.sight(view)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    bars: list[tuple[str, object, dict[str, float] | None]] = []
    if view.grid == "overlap":
        bars.append(("patches over a cell", _draw_overlap(axes, explanation.grid), None))
    else:
        if patch_map is None or view.style != "alone":
            image = _draw_spectrogram(axes, explanation, plane, view, under=patch_map is not None)
            bars.append(("log-mel energy, normalized", image, None))
        _draw_padding(axes, explanation, plane)
    if patch_map is not None:
        bars.append(("", *_draw_heat(axes, plane, patch_map, view)))
    if view.grid == "outline":
        _draw_grid(axes, explanation.grid, _GRID[view.colours == "inverted"])
        _veil_uncovered(axes, explanation.grid)
    if view.patch is not None:
        _mark_patch(axes, plane, *view.patch)
    _draw_ticks(axes, plane, view)
    return bars


def _draw_spectrogram(axes, explanation: Explanation, plane: Plane, view: View, under: bool):
    """Draw the cells, lowest band at the bottom; padding is drawn over them, or left out."""
    values = explanation.input_values
    low, high = view.value_range or (float(values.min()), float(values.max()))
    shown = values if plane.exploded else values[: explanation.num_frames]
    name = _MAPS.get(view.colours, view.colours)
    greys = LinearSegmentedColormap.from_list("under", _UNDER[view.colours == "inverted"])
    return _image(axes, plane.cells(shown.T), cmap=greys if under else name, vmin=low, vmax=high)


def _draw_overlap(axes, grid: PatchGrid):
    """Draw how many patches read each cell: the more, the lighter."""
    counts = grid.coverage()
    steps = np.arange(counts.max() + 2)
    shades = np.where(steps[:-1] == 0, 0, np.minimum(255, 16 + 48 * steps[:-1])) / 255
    return _image(
        axes,
        counts,
        cmap=ListedColormap(colormaps["viridis"](shades)),
        norm=BoundaryNorm(steps - 0.5, len(shades)),
    )


def _draw_padding(axes, explanation: Explanation, plane: Plane) -> None:
    """Hatch what is not sound."""
    grid, num_frames = explanation.grid, explanation.num_frames
    rest = grid.max_length - num_frames
    if rest <= 0:
        return
    style: dict[str, Any] = {
        "facecolor": _PADDING_FACE,
        "edgecolor": _PADDING_INK,
        "hatch": "////",
        "linewidth": 0,
    }
    if plane.exploded:
        axes.add_collection(PatchCollection(_padded_parts(plane, num_frames), **style))
        return
    axes.add_patch(Rectangle((num_frames, 0), rest, grid.num_mel_bins, **style))
    left, right = max(num_frames, axes.get_xlim()[0]), axes.get_xlim()[1]
    if right - left > 0.1 * (right - axes.get_xlim()[0]):
        axes.text(
            (left + right) / 2,
            sum(axes.get_ylim()) / 2,
            "padding",
            ha="center",
            va="center",
            color=SOFT_INK,
            fontsize=8,
            bbox={"facecolor": _PADDING_FACE, "edgecolor": "none", "pad": 2},
        )


def _padded_parts(plane: Plane, num_frames: int) -> list[Rectangle]:
    """List the part of each patch that holds no sound."""
    grid, parts = plane.grid, []
    for t in range(grid.time_patches):
        sounding = min(max(0, num_frames - grid.frames(t)[0]), grid.patch_size)
        for f in range(grid.freq_patches if sounding < grid.patch_size else 0):
            x, y = plane.corner(f, t)
            box = (x + sounding, y), grid.patch_size - sounding, grid.patch_size
            parts.append(Rectangle(*box))
    return parts


def _draw_heat(axes, plane: Plane, patch_map: np.ndarray, view: View):
    """Lay a map over the spectrogram, strength by value; returns what its colour bar shows."""
    patches = patch_map.size
    ceiling = view.ceiling or float(patch_map.max())
    strongest = MOST_ALPHA * view.opacity
    clear = LinearSegmentedColormap.from_list("heat", [f"{_HEAT}00", (_HEAT, strongest)])
    cells = plane.heat(patch_map)
    alpha = np.ma.masked_invalid(heat_alpha(cells.filled(np.nan), patches, ceiling, view.scale))
    lined = view.style == "contour" and not plane.exploded
    above: dict[str, Any] = {
        "zorder": 1.5
    }  # above the padding, which gets its share of attention too
    image = _image(axes, alpha, cmap=clear, vmin=0, vmax=MOST_ALPHA, **above)
    image.set_visible(not lined)
    if lined:
        for place, value in enumerate(contour_values(patches, ceiling, view.scale)):
            lines = borders(cells.filled(-np.inf) >= value)
            style: dict[str, Any] = {"alpha": view.opacity, "capstyle": "projecting", **above}
            axes.add_collection(LineCollection(lines, colors="black", linewidths=1.8, **style))
            width = 0.6 + 0.3 * place
            axes.add_collection(LineCollection(lines, colors=_HEAT, linewidths=width, **style))
    return image, bar_ticks(patches, ceiling, view.scale)


def borders(hot: np.ndarray) -> list[list[tuple[int, int]]]:
    """Return the lines (x, y) around the true cells of a plane; straight runs are one line."""
    rim = np.pad(hot, 1)
    lines = []
    for turned, plane in ((False, rim), (True, rim.T)):
        edges = np.diff(plane.astype(np.int8), axis=1) != 0  # between a column and the next
        for column in np.flatnonzero(edges.any(axis=0)):
            ends = np.flatnonzero(np.diff(np.pad(edges[:, column], 1).astype(np.int8))) - 1
            for start, end in ends.reshape(-1, 2):
                line = [(int(column), int(start)), (int(column), int(end))]
                lines.append([(y, x) for x, y in line] if turned else line)
    return lines


def _draw_grid(axes, grid: PatchGrid, colour: str) -> None:
    """Draw where patches start, and the first one at its true extent."""
    right, upper = grid.covered_frames, grid.covered_mel_bins
    columns = [grid.frames(t)[0] for t in range(grid.time_patches)]
    rows = [grid.mel_bins(f)[0] for f in range(grid.freq_patches)]
    lines = [[(x, 0), (x, upper)] for x in (*columns, right)]
    lines += [[(0, y), (right, y)] for y in (*rows, upper)]
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.5, alpha=0.55))
    size = grid.patch_size
    axes.add_patch(Rectangle((0, 0), size, size, fill=False, edgecolor=colour, linewidth=1.4))


def _veil_uncovered(axes, grid: PatchGrid) -> None:
    """Fade the remainder at the top and at the end, which no patch reads."""
    upper, right = grid.covered_mel_bins, grid.covered_frames
    above = Rectangle((0, upper), grid.max_length, grid.num_mel_bins - upper)
    after = Rectangle((right, 0), grid.max_length - right, upper)
    veil: dict[str, Any] = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "zorder": 1.4}
    axes.add_collection(PatchCollection([above, after], **veil))


def _mark_patch(axes, plane: Plane, f: int, t: int) -> None:
    """Draw a light frame inside a dark one, which shows on every colour map."""
    plane.grid.token(f, t)  # says what is wrong with a patch that does not exist
    size = plane.grid.patch_size
    for colour, width in (("black", 2.8), (_CHOSEN, 1.4)):
        frame: dict[str, Any] = {
            "fill": False,
            "edgecolor": colour,
            "linewidth": width,
            "zorder": 3,
        }
        axes.add_patch(Rectangle(plane.corner(f, t), size, size, **frame))


def _draw_ticks(axes, plane: Plane, view: View) -> None:
    """Name the axes: seconds and frequency, or columns and rows of patches pulled apart."""
    if plane.exploded:
        ticks, names = _patch_ticks(plane)
    else:
        ticks = _second_ticks(axes.get_xlim()), _upward_ticks(plane.grid, view.axis)
        upward = {"hertz": "frequency (Hz)", "mel": "frequency (mel)", "bin": "mel bin"}
        names = "time (s)", upward[view.axis]
    for axis, places in zip((axes.xaxis, axes.yaxis), ticks):
        low, high = axis.get_view_interval()
        seen = {text: place for text, place in places.items() if low <= place <= high}
        axis.set_ticks(list(seen.values()), list(seen))
    axes.set_xlabel(names[0], color=INK, fontsize=8)
    axes.set_ylabel(names[1], color=INK, fontsize=8)
    axes.tick_params(labelsize=7, colors=SOFT_INK, length=3, width=0.6)
    for spine in axes.spines.values():
        spine.set(color=SOFT_INK, linewidth=0.6)


def _second_ticks(frames: tuple[float, float]) -> dict[str, float]:
    """Put ticks at even seconds: the middle of a frame's window, which is half a cell further."""
    middle = WINDOW_SECONDS / 2 - HOP_SECONDS / 2
    first, last = (frame * HOP_SECONDS + middle for frame in frames)
    step = next(step for step in SECOND_STEPS if (last - first) / step <= MOST_SECOND_TICKS)
    numbers = range(int(first // step), int(last // step) + 1)
    return {
        f"{number * step:.6g}": max(0, (number * step - middle) / HOP_SECONDS) for number in numbers
    }


def _upward_ticks(grid: PatchGrid, axis: str) -> dict[str, float]:
    """Return the heights of octaves, of even mels, or of every 16th bin."""
    if axis == "bin":
        return {str(number): number + 0.5 for number in BIN_TICKS if number < grid.num_mel_bins}
    if axis == "mel":
        return _in_sight(grid, {str(mel): mel for mel in MEL_TICKS})
    names = {hz: f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in HERTZ_TICKS}
    return _in_sight(grid, {names[hz]: hertz_to_mel(hz) for hz in HERTZ_TICKS})


def _in_sight(grid: PatchGrid, mels: dict[str, float]) -> dict[str, float]:
    """Turn mels to heights in bins, which are evenly spaced in mel."""
    lowest, step = mel_axis(grid.num_mel_bins, grid.sampling_rate)
    heights = {name: (mel - lowest) / step - 0.5 for name, mel in mels.items()}
    return {
        name: min(height, grid.num_mel_bins)
        for name, height in heights.items()
        if height < grid.num_mel_bins + 1
    }


def _patch_ticks(plane: Plane):
    """Return the middles of columns and rows of patches, and what the axes are called."""
    grid, half = plane.grid, plane.grid.patch_size / 2
    columns = {str(t): plane.corner(0, t)[0] + half for t in range(0, grid.time_patches, 5)}
    rows = {
        f"{f} ({grid.token(f, 0)})": plane.corner(f, 0)[1] + half for f in range(grid.freq_patches)
    }
    return (columns, rows), ("column of patches", "row (its first token)")


def _image(axes, cells: np.ndarray, **settings):
    height, width = cells.shape
    return axes.imshow(
        cells,
        origin="lower",
        extent=(0, width, 0, height),
        aspect="auto",
        interpolation="nearest",
        **settings,
    )
