"""How strongly a map is painted: the rule of ui/shared/heat.js, for figures.

Maps of attention are shares: with N patches, 1/N is what each would get without any preference. At
or below an even share nothing is painted, above it every doubling adds as much, so that a flat map
stays grey. Maps that know no even share, such as the evidence for a label, grow evenly from zero.
"""

from __future__ import annotations

import numpy as np

MOST_ALPHA = 0.9  # the sound stays visible under the hottest place
LEAST_TOP = 4.0  # times an even share: what a nearly flat map is measured against
SHARE_LINES = (2, 4)  # times an even share, where contour lines run
LINEAR_LINES = (0.25, 0.5, 0.75)  # of the ceiling
SCALES = ("share", "linear")


def heat_alpha(
    values: np.ndarray | float, patches: int, ceiling: float, scale: str = "share"
) -> np.ndarray:
    """Return how opaque the heat is for each value of a map, 0 to MOST_ALPHA.

    Args:
        values: of a map, any shape; what is not a number stays so.
        patches: number of patches that the map has.
        ceiling: value that is painted at full strength, usually the highest.
        scale: "share" for shares of attention, "linear" where there is no even share.
    """
    values = np.asarray(values, dtype=np.float64)
    if scale == "linear":
        return MOST_ALPHA * np.clip(values / (ceiling if ceiling > 0 else np.inf), 0, 1)
    octaves = np.log2(top_times(patches, ceiling))
    return MOST_ALPHA * np.clip(np.log2(np.maximum(values * patches, 1)) / octaves, 0, 1)


def top_times(patches: int, ceiling: float) -> float:
    """Return how many times an even share is painted at full strength."""
    return max(LEAST_TOP, ceiling * patches)


def contour_values(patches: int, ceiling: float, scale: str = "share") -> tuple[float, ...]:
    """Return the values at which contour lines run."""
    if scale == "linear":
        return tuple(part * ceiling for part in LINEAR_LINES)
    return tuple(times / patches for times in SHARE_LINES)


def bar_ticks(patches: int, ceiling: float, scale: str = "share") -> dict[str, float]:
    """Return the marks of a colour bar that runs over alpha: text and place."""
    if scale == "linear":
        return {"0": 0.0, f"{ceiling:.3g}": MOST_ALPHA}
    top = top_times(patches, ceiling)
    times = [1, 2, 4] + ([16] if top >= 32 else [])
    marks = {f"{each}×": float(heat_alpha(each / patches, patches, ceiling)) for each in times}
    return marks | ({f"{top:.0f}×": MOST_ALPHA} if top > 6 else {})
