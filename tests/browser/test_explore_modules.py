"""The explorer's JavaScript modules alone: the same arithmetic as Python's, on any grid."""

import ast
import json

import numpy as np
import pytest

from ast_demo.features.patches import PatchGrid
from ast_demo.ui.explore.component import SOURCES
from ast_demo.ui.explore.payload import entropy, grid_facts
from ast_demo.ui.shared.bundle import bundle, module_name, module_order

pytestmark = pytest.mark.browser

GRIDS = [
    PatchGrid(),
    PatchGrid(max_length=512),
    PatchGrid(max_length=128),
    PatchGrid(frequency_stride=16, time_stride=16),
    PatchGrid(num_mel_bins=64, max_length=100, patch_size=8, frequency_stride=3, time_stride=5),
    PatchGrid(num_mel_bins=16, max_length=16),
    PatchGrid(max_length=90, patch_size=4, frequency_stride=9, time_stride=6),  # gaps between
]


@pytest.fixture(scope="module")
def run(chromium):
    """Run JavaScript with every module at hand as `module_<name>`."""
    page = chromium.new_page()
    entry = SOURCES / "explorer.js"
    short = [f"const module_{path.stem} = {module_name(path)};" for path in module_order(entry)]
    modules = bundle(entry, "\n".join(short))

    def evaluate(body, argument=None):
        source = f"{modules}\n{body}"
        return page.evaluate(
            "([source, argument]) => Function('argument', source)(argument)", [source, argument]
        )

    yield evaluate
    page.close()


@pytest.mark.parametrize("grid", GRIDS, ids=repr)
def test_coverage_and_tokens_are_those_of_the_patch_grid(run, grid):
    found = run(
        """
        const { makeGrid, coverage, patchesAt, tokenOf } = module_geometry;
        const grid = makeGrid(argument);
        const counts = [], tokens = [];
        for (let bin = 0; bin < grid.bins; bin++) {
          for (let frame = 0; frame < grid.frames; frame++) {
            counts.push(coverage(grid, bin, frame));
            if ((bin + frame) % 7 === 0) {
              tokens.push(patchesAt(grid, bin, frame).map((patch) => tokenOf(grid, patch)));
            }
          }
        }
        return [counts, tokens];
        """,
        grid_facts(grid),
    )
    expected = [
        [grid.token(*patch) for patch in grid.patches_at(mel_bin, frame)]
        for mel_bin in range(grid.num_mel_bins)
        for frame in range(grid.max_length)
        if (mel_bin + frame) % 7 == 0
    ]
    assert (np.reshape(found[0], (grid.num_mel_bins, -1)) == grid.coverage()).all()
    assert found[1] == expected


@pytest.mark.parametrize("grid", GRIDS, ids=repr)
def test_overlapping_patches_are_averaged_as_in_python(run, grid):
    values = np.random.default_rng(0).random((grid.freq_patches, grid.time_patches))
    found = run(
        """
        const [facts, values] = argument;
        const plane = module_geometry.spread(module_geometry.makeGrid(facts), values);
        return Array.from(plane, (value) => (Number.isNaN(value) ? null : value));
        """,
        [grid_facts(grid), values.ravel().tolist()],
    )
    plane = np.array(found, dtype=float).reshape(grid.max_length, grid.num_mel_bins).T
    assert np.allclose(plane, grid.spread(values), atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("layout", ["planeLayout", "explodedLayout"])
def test_a_cell_is_found_again_where_its_layout_puts_it(run, layout):
    grid = GRIDS[1]
    found = run(
        """
        const [facts, name] = argument;
        const grid = module_geometry.makeGrid(facts);
        const layout = module_view[name](grid);
        const place = { zoom: 3, left: 40, bottom: 5 };
        const view = module_view.makeView(layout, place, 900, 1.5);
        const { plot } = view;
        const wrong = [];
        for (let i = 0; i < 200; i++) {
          const x = plot.left + ((i * 37) % 997) / 997 * plot.width;
          const y = plot.top + ((i * 61) % 991) / 991 * plot.height;
          const cell = module_view.cellAt(view, x, y);
          if (!cell) continue;
          const patch = cell.patch ?? module_geometry.nearestPatch(grid, cell.bin, cell.frame);
          if (!patch) continue;
          const [left, top, width, height] = module_view.patchBox(view, patch, grid.size);
          const [along, down] = [(x - left) / width, (y - top) / height];
          const outside = Math.min(along, down) < -1e-6 || Math.max(along, down) > 1 + 1e-6;
          if (outside) wrong.push([x, y, cell, patch]);
        }
        return wrong;
        """,
        [grid_facts(grid), layout],
    )
    assert found == []


def test_entropy_and_difference_of_maps_are_pythons(run):
    values = np.random.default_rng(1).random(600)
    other = np.random.default_rng(2).random(600)
    bits, difference = run(
        """
        const [values, other] = argument;
        const { differenceMap, entropyBits, mapOfValues } = module_maps;
        const [one, two] = [mapOfValues(values, 0), mapOfValues(other, 0)];
        const found = differenceMap(one, two);
        return [entropyBits(values), Array.from(found.bytes, (byte) => (byte / 255) * found.max)];
        """,
        [values.tolist(), other.tolist()],
    )
    true = np.maximum(0, values / values.sum() - other / other.sum())
    assert bits == pytest.approx(float(entropy(values)), abs=1e-9)
    assert np.abs(np.array(difference) - true).max() <= 0.02 * true.max()


def test_colour_maps_grow_steadily_lighter(run):
    """Equal steps of value must look like growing lightness, never like a boundary."""
    tables = run(
        """
        const { COLOUR_MAPS, colourTable } = module_colour;
        return COLOUR_MAPS.map((name) => [name, Array.from(colourTable(name))]);
        """
    )
    assert [name for name, _ in tables] == ["magma", "viridis", "cividis", "grey", "inverted"]
    for name, table in tables:
        pixels = np.array(table, dtype=np.uint32)
        red, green, blue = (((pixels >> shift) & 255) / 255 for shift in (0, 8, 16))
        lightness = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
        steps = np.diff(lightness[::4]) * (-1 if name == "inverted" else 1)  # above 8-bit rounding
        assert (steps > 0).all(), name
        assert ((pixels >> 24) == 255).all(), name


def test_the_python_of_a_view_quotes_every_name_safely(run):
    names = ['a "quoted" name.wav', "back\\slash", "new\nline", "ä 音 \u2028"]
    for name in names:
        code = run(
            """
            const { FIRST_CHOICES, FIRST_PLACES } = module_state;
            const choices = { heat: 'label', labels: [argument] };
            const model = { name: argument, device: 'cpu', dtype: 'float32', revision: argument };
            const layout = { columns: 10, rows: 10 };
            return module_pythonCode.pythonFor({
              state: { ...FIRST_CHOICES, ...FIRST_PLACES, ...choices },
              sound: { payload: { title: argument, file: argument, model } },
              view: { layout, left: 0, bottom: 0, columnsSeen: 10, rowsSeen: 10 },
              heat: () => ({ name: argument, max: 1, ceiling: 1 }),
            });
            """,
            name,
        )
        quoted = [
            node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)
        ]
        assert quoted.count(name) == 6, json.dumps(
            code
        )  # model, revision, file, label, name, title
