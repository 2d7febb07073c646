"""How strongly a map is painted, and that the page's JavaScript paints it as strongly."""

import numpy as np
import pytest

from ast_demo.figures.heat import MOST_ALPHA, bar_ticks, contour_values, heat_alpha
from ast_demo.ui.shared.bundle import UI_FOLDER

PATCHES = 600


def test_nothing_is_painted_at_or_below_an_even_share():
    assert heat_alpha(np.array([0, 0.5, 1]) / PATCHES, PATCHES, 8 / PATCHES).tolist() == [0, 0, 0]


def test_a_flat_map_stays_grey_though_its_highest_value_is_itself():
    flat = np.full(PATCHES, 1 / PATCHES)
    assert heat_alpha(flat, PATCHES, flat.max()).max() == 0


def test_each_doubling_above_an_even_share_adds_as_much():
    times = np.array([1, 2, 4, 8, 16])
    found = heat_alpha(times / PATCHES, PATCHES, 16 / PATCHES)
    assert found == pytest.approx(MOST_ALPHA * np.arange(5) / 4)


def test_a_nearly_flat_map_is_measured_against_four_times_an_even_share():
    assert heat_alpha(1.5 / PATCHES, PATCHES, 1.5 / PATCHES) == pytest.approx(
        MOST_ALPHA * np.log2(1.5) / 2
    )


def test_evidence_grows_evenly_from_zero():
    found = heat_alpha(np.array([0, 0.25, 0.5, 2]), PATCHES, 0.5, "linear")
    assert found == pytest.approx(MOST_ALPHA * np.array([0, 0.5, 1, 1]))


def test_lines_run_at_two_and_four_times_an_even_share():
    assert contour_values(PATCHES, 0.1) == (2 / PATCHES, 4 / PATCHES)


def test_the_bar_names_one_two_and_four_times_an_even_share():
    ticks = bar_ticks(PATCHES, 4 / PATCHES)
    assert ticks == pytest.approx({"1×": 0, "2×": MOST_ALPHA / 2, "4×": MOST_ALPHA})


def test_the_page_paints_as_strongly(deno):
    if deno is None:
        pytest.skip("deno does not run here")
    values = [0, 1e-4, 1 / 600, 0.002, 0.0034, 0.01, 0.5]
    scales = [(ceiling, linear) for ceiling in (0.0, 0.0018, 0.01, 0.5) for linear in (0, 1)]
    found = deno.evaluate(
        [UI_FOLDER / "shared" / "heat.js"],
        """
        const [values, scales, patches] = argument;
        return scales.map(([ceiling, linear]) =>
          values.map(heat.heatAlpha({ ceiling, linear }, patches)));
        """,
        [values, scales, PATCHES],
    )
    expected = [
        heat_alpha(np.array(values), PATCHES, ceiling, "linear" if linear else "share")
        for ceiling, linear in scales
    ]
    assert np.allclose(found, expected, atol=1e-12)
