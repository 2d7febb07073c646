import { makeGrid, nearestPatch } from "../../ast_demo/ui/shared/geometry.js";
import {
  cellAt,
  explodedLayout,
  makeView,
  nextZoom,
  patchBox,
  planeLayout,
  scrollTo,
} from "../../ast_demo/ui/explore/state/view.js";
import { close, equal, ok } from "./assert.js";

// The grid of 5.12 s: 12 x 50 patches of 16 x 16, one every 10 bins and frames.
const GRID = makeGrid({
  num_mel_bins: 128,
  max_length: 512,
  patch_size: 16,
  frequency_stride: 10,
  time_stride: 10,
  freq_patches: 12,
  time_patches: 50,
});
const PLACE = { zoom: 3, left: 40, bottom: 5 };

for (const makeLayout of [planeLayout, explodedLayout]) {
  Deno.test(`a cell is found again where ${makeLayout.name} puts it`, () => {
    const view = makeView(makeLayout(GRID), PLACE, 900, 1.5);
    const { plot } = view;
    for (let i = 0; i < 200; i++) {
      const x = plot.left + ((i * 37) % 997) / 997 * plot.width;
      const y = plot.top + ((i * 61) % 991) / 991 * plot.height;
      const cell = cellAt(view, x, y);
      const patch = cell && (cell.patch ?? nearestPatch(GRID, cell.bin, cell.frame));
      if (!patch) continue;
      const [left, top, width, height] = patchBox(view, patch, GRID.size);
      const [along, down] = [(x - left) / width, (y - top) / height];
      ok(Math.min(along, down) >= -1e-6 && Math.max(along, down) <= 1 + 1e-6, `${x}, ${y}`);
    }
  });
}

Deno.test("outside the plot there is no cell", () => {
  const view = makeView(planeLayout(GRID), PLACE, 900, 1);
  equal(cellAt(view, view.plot.left - 1, view.plot.top + 5), null);
  equal(cellAt(view, view.plot.left + 5, view.plot.top + view.plot.height), null);
});

Deno.test("pulled apart, patches lie in the order of their tokens", () => {
  const { patchCorner, columns, rows } = explodedLayout(GRID);
  const corners = [];
  for (let f = 0; f < GRID.freqPatches; f++) {
    for (let t = 0; t < GRID.timePatches; t++) corners.push(patchCorner({ f, t }));
  }
  const ordered = corners.toSorted((a, b) => a.y - b.y || a.x - b.x);
  equal(corners, ordered);
  equal(corners.at(-1), { x: columns - GRID.size, y: rows - GRID.size });
});

Deno.test("fitted, all columns are in sight; zoomed, a cell has whole screen pixels", () => {
  const fitted = makeView(planeLayout(GRID), { zoom: "fit", left: 0, bottom: 0 }, 900, 2);
  ok(fitted.fitting, "it fits");
  close(fitted.columnsSeen, GRID.frames);
  const zoomed = makeView(planeLayout(GRID), PLACE, 900, 2);
  equal([zoomed.fitting, zoomed.cellWidth, zoomed.cellHeight], [false, 3, 3]);
  ok(zoomed.columnsSeen < GRID.frames, "a part is in sight");
});

Deno.test("the window's height bounds the picture", () => {
  const place = { zoom: "fit", left: 0, bottom: 0 };
  const view = makeView(planeLayout(GRID), place, 900, 1, { most: 150 });
  ok(view.plot.height <= 150, `${view.plot.height} pixels`);
});

Deno.test("zoom goes up and down by steps, and down to fit", () => {
  const view = makeView(planeLayout(GRID), PLACE, 900, 1);
  equal([nextZoom(view, 1), nextZoom(view, -1)], [4, 2]);
  const least = makeView(planeLayout(GRID), { ...PLACE, zoom: 2 }, 900, 1);
  equal(nextZoom(least, -1), "fit");
});

Deno.test("a box of cells comes into sight with the least movement", () => {
  const view = makeView(planeLayout(GRID), { ...PLACE, zoom: 8 }, 900, 1, { frame: 512 });
  equal(scrollTo(view, 41, 6, 16), { left: 40, bottom: 5 });
  equal(scrollTo(view, 10, 6, 16).left, 10);
  close(scrollTo(view, 400, 6, 16).left, 416 - view.columnsSeen);
});
