"""What of a spectrogram a figure shows and how: the choices of the explorer, as one object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ast_demo.features.patches import PatchGrid
from ast_demo.figures.heat import SCALES
from ast_demo.values import is_finite, refused

COLOURS = ("magma", "viridis", "cividis", "grey", "inverted")
GRIDS = ("off", "outline", "exploded", "overlap")
STYLES = ("tint", "contour", "alone")
AXES = ("hertz", "mel", "bin")
PATCH_GAP = 3  # cells between patches that are pulled apart

Span = tuple[float, float]


@dataclass(frozen=True)
class View:
    """A way to look at an explained sound; the default is the whole of it, in colour.

    Args:
        colours: of the spectrogram, one of COLOURS; under heat it is grey, light for "inverted".
        value_range: normalized energies that take the whole colour map; None: those of the sound.
        grid: patches as "outline", pulled apart ("exploded"), how many read a cell ("overlap").
        style: heat as "tint" over grey, as "contour" lines, or "alone".
        scale: how strength grows with a map's value, see figures/heat.py: "share" for shares of
            attention, "linear" for maps that know no even share.
        opacity: what the heat's strength is multiplied with.
        ceiling: value of a map that is drawn at full strength; None: its highest.
        axis: what the upward axis counts: "hertz", "mel" or "bin".
        columns: cells in sight along time; None: all. They are frames, or frames with gaps
            between them where patches are pulled apart.
        rows: the same upward, mel bins.
        patch: row and column (f, t) of a patch to mark.

    Raises:
        ValueError: for a choice that does not exist, or limits that enclose nothing.
    """

    colours: str = "magma"
    value_range: Span | None = None
    grid: str = "off"
    style: str = "tint"
    scale: str = "share"
    opacity: float = 1.0
    ceiling: float | None = None
    axis: str = "hertz"
    columns: Span | None = None
    rows: Span | None = None
    patch: tuple[int, int] | None = None

    def __post_init__(self):
        for name, known in {
            "colours": COLOURS,
            "grid": GRIDS,
            "style": STYLES,
            "axis": AXES,
            "scale": SCALES,
        }.items():
            if getattr(self, name) not in known:
                raise refused(name, getattr(self, name), f"one of {', '.join(known)}")
        if not is_finite(self.opacity) or not 0 <= self.opacity <= 1:
            raise refused("opacity", self.opacity, "a number from 0 to 1")
        if self.ceiling is not None and not (is_finite(self.ceiling) and self.ceiling > 0):
            raise refused("ceiling", self.ceiling, "a number above 0")
        for name in ("value_range", "columns", "rows"):
            span = getattr(self, name)
            if span is not None and not _is_span(span):
                raise refused(name, span, "two numbers, the lower first")
        if self.patch is not None and not _is_place(self.patch):
            raise refused("patch", self.patch, "its row and column")


@dataclass(frozen=True)
class Plane:
    """Where cells lie in a figure: columns to the right, rows upward, `pitch` for each patch.

    The plain plane is the spectrogram itself, with `pitch` None; the exploded one pulls the
    overlapping patches apart, as the model receives them.
    """

    grid: PatchGrid
    exploded: bool

    @property
    def pitch(self) -> int:
        """Cells from one patch to the next, pulled apart."""
        return self.grid.patch_size + PATCH_GAP

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole plane."""
        grid = self.grid
        if not self.exploded:
            return grid.num_mel_bins, grid.max_length
        return (
            grid.freq_patches * self.pitch - PATCH_GAP,
            grid.time_patches * self.pitch - PATCH_GAP,
        )

    def corner(self, f: int, t: int) -> tuple[int, int]:
        """Return the lowest column and row of a patch."""
        if self.exploded:
            return t * self.pitch, f * self.pitch
        return self.grid.frames(t)[0], self.grid.mel_bins(f)[0]

    def sight(self, view: View) -> tuple[Span, Span]:
        """Return the columns and rows in sight, within the plane.

        Raises:
            ValueError: if the view looks beside the plane.
        """
        height, width = self.shape
        return _within("columns", view.columns, width), _within("rows", view.rows, height)

    def cells(self, values: np.ndarray) -> np.ma.MaskedArray:
        """Arrange values of cells (num_mel_bins, frames) on the plane, masked in its gaps."""
        if not self.exploded:
            return np.ma.masked_invalid(values)
        return self._explode(
            lambda f, t: values[np.ix_(self.grid.mel_bins(f), self.grid.frames(t))]
        )

    def heat(self, patch_map: np.ndarray) -> np.ma.MaskedArray:
        """Arrange a map: overlapping patches averaged, or each on its own when pulled apart."""
        if self.exploded:
            return self._explode(lambda f, t: patch_map[f, t])
        return np.ma.masked_invalid(self.grid.spread(patch_map))

    def _explode(self, block_of) -> np.ma.MaskedArray:
        plane = np.full(self.shape, np.nan)
        size = self.grid.patch_size
        for f in range(self.grid.freq_patches):
            for t in range(self.grid.time_patches):
                column, row = self.corner(f, t)
                plane[row : row + size, column : column + size] = block_of(f, t)
        return np.ma.masked_invalid(plane)


def _within(name: str, span: Span | None, most: int) -> Span:
    """Clip a span to 0..most."""
    low, high = (0, most) if span is None else (max(0, span[0]), min(most, span[1]))
    if low >= high:
        raise refused(name, span, f"a part of 0 to {most}")
    return low, high


def _is_span(value) -> bool:
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2
    return is_pair and all(map(is_finite, value)) and value[0] < value[1]


def _is_place(value) -> bool:
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2
    return is_pair and all(isinstance(part, int) for part in value)
