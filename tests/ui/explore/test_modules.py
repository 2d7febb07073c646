"""The explorer's JavaScript modules alone: the same arithmetic as Python's, on any grid."""

import ast

import numpy as np
import pytest

from ast_demo.features.patches import PatchGrid
from ast_demo.ui.explore.payload import entropy, grid_facts
from ast_demo.ui.shared.bundle import UI_FOLDER

GEOMETRY = UI_FOLDER / "shared" / "geometry.js"
MAPS = UI_FOLDER / "explore" / "state" / "maps.js"
STATE = UI_FOLDER / "explore" / "state" / "state.js"
PYTHON_CODE = UI_FOLDER / "explore" / "panels" / "pythonCode.js"
GRIDS = [
    PatchGrid(),
    PatchGrid(max_length=512),
    PatchGrid(max_length=128),
    PatchGrid(frequency_stride=16, time_stride=16),
    PatchGrid(num_mel_bins=64, max_length=100, patch_size=8, frequency_stride=3, time_stride=5),
    PatchGrid(num_mel_bins=16, max_length=16),
    PatchGrid(max_length=90, patch_size=4, frequency_stride=9, time_stride=6),  # gaps between
]


@pytest.fixture
def evaluate(deno):
    """Run JavaScript with some modules at hand."""
    if deno is None:
        pytest.skip("deno does not run here")
    return deno.evaluate


@pytest.fixture(scope="module")
def planes():
    """A random map for each grid."""
    generator = np.random.default_rng(0)
    return [generator.random((grid.freq_patches, grid.time_patches)) for grid in GRIDS]


def test_coverage_and_tokens_are_those_of_the_patch_grid(evaluate):
    """Cells are told apart by the sum of bin and frame, so that a seventh of them is enough."""
    found = evaluate(
        [GEOMETRY],
        """
        const { makeGrid, coverage, patchesAt, tokenOf } = geometry;
        return argument.map((facts) => {
          const grid = makeGrid(facts);
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
        });
        """,
        [grid_facts(grid) for grid in GRIDS],
    )
    for grid, (counts, tokens) in zip(GRIDS, found, strict=True):
        expected = [
            [grid.token(*patch) for patch in grid.patches_at(mel_bin, frame)]
            for mel_bin in range(grid.num_mel_bins)
            for frame in range(grid.max_length)
            if (mel_bin + frame) % 7 == 0
        ]
        assert (np.reshape(counts, (grid.num_mel_bins, -1)) == grid.coverage()).all(), grid
        assert tokens == expected, grid


def test_overlapping_patches_are_averaged_as_in_python(evaluate, planes):
    found = evaluate(
        [GEOMETRY],
        """
        return argument.map(([facts, values]) => {
          const plane = geometry.spread(geometry.makeGrid(facts), values);
          return Array.from(plane, (value) => (Number.isNaN(value) ? null : value));
        });
        """,
        [[grid_facts(grid), values.ravel().tolist()] for grid, values in zip(GRIDS, planes)],
    )
    for grid, values, plane in zip(GRIDS, planes, found, strict=True):
        shown = np.array(plane, dtype=float).reshape(grid.max_length, grid.num_mel_bins).T
        assert np.allclose(shown, grid.spread(values), atol=1e-6, equal_nan=True), grid


def test_entropy_and_difference_of_maps_are_pythons(evaluate):
    values = np.random.default_rng(1).random(600)
    other = np.random.default_rng(2).random(600)
    bits, difference = evaluate(
        [MAPS],
        """
        const [values, other] = argument;
        const { differenceMap, entropyBits, mapOfValues } = maps;
        const [one, two] = [mapOfValues(values, 0), mapOfValues(other, 0)];
        const found = differenceMap(one, two);
        return [entropyBits(values), Array.from(found.bytes, (byte) => (byte / 255) * found.max)];
        """,
        [values.tolist(), other.tolist()],
    )
    true = np.maximum(0, values / values.sum() - other / other.sum())
    assert bits == pytest.approx(float(entropy(values)), abs=1e-9)
    assert np.abs(np.array(difference) - true).max() <= 0.02 * true.max()


def test_the_python_of_a_view_quotes_every_name_safely(evaluate):
    names = ['a "quoted" name.wav', "back\\slash", "new\nline", "ä 音 \u2028"]
    codes = evaluate(
        [STATE, PYTHON_CODE],
        """
        const { FIRST_CHOICES, FIRST_PLACES } = state;
        const layout = { columns: 10, rows: 10 };
        return argument.map((name) => pythonCode.pythonFor({
          state: { ...FIRST_CHOICES, ...FIRST_PLACES, heat: 'label', labels: [name] },
          sound: { payload: { title: name, file: name, model: {
            name, device: 'cpu', dtype: 'float32', revision: name
          } } },
          view: { layout, left: 0, bottom: 0, columnsSeen: 10, rowsSeen: 10 },
          heat: () => ({ name, max: 1, ceiling: 1 }),
        }));
        """,
        names,
    )
    for name, code in zip(names, codes, strict=True):
        constants = [
            node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)
        ]
        assert constants.count(name) == 6, code  # model, revision, file, label, name, title
