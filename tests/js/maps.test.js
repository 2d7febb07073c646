import {
  differenceMap,
  effectivePatches,
  entropyBits,
  headMap,
  layerMap,
  mapOfValues,
  paddingShare,
  patchValue,
} from "../../ast_demo/ui/explore/state/maps.js";
import { close, equal } from "./assert.js";

const PACK = {
  layers: 1,
  heads: 2,
  bytes: new Uint8Array([0, 255, 255, 0]),
  max: [0.5, 0.25],
  entropy: [0, 0],
  specialShare: [0.5, 0.75],
};

Deno.test("a head's map is cut out of the pack", () => {
  equal([...headMap(PACK, 0, 1).bytes], [255, 0]);
  equal(headMap(PACK, 0, 1).max, 0.25);
});

Deno.test("a layer's map is the mean of its heads", () => {
  const mean = layerMap(PACK, 0);
  close(mean.max, 0.25);
  equal([...mean.bytes], [128, 255]);
  close(mean.specialShare, 0.625);
});

Deno.test("entropy counts how many patches share a map", () => {
  equal([entropyBits([1, 1, 1, 1]), entropyBits([1, 0, 0, 0]), entropyBits([0])], [2, 0, 0]);
  close(effectivePatches(mapOfValues([1, 1, 1, 1], 0)), 4);
});

Deno.test("a difference keeps only what is hotter in the first map", () => {
  const found = differenceMap(mapOfValues([3, 1], 0), mapOfValues([1, 1], 0));
  close(found.max, 0.25, 0.01);
  equal([...found.bytes], [255, 0]);
});

Deno.test("values and the part on padding are read through the grid", () => {
  const grid = { timePatches: 2, timeStride: 10 };
  const map = mapOfValues([1, 1, 1, 1], 0);
  close(patchValue(map, grid, { f: 1, t: 0 }), 1);
  close(paddingShare(map, grid, 10), 0.5);
});
