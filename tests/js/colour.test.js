import { COLOUR_MAPS, colourTable, packed } from "../../ast_demo/ui/shared/colour.js";
import { equal, ok } from "./assert.js";

Deno.test("a pixel is packed as little-endian ABGR", () => {
  equal(packed(1, 2, 3, 255).toString(16), "ff030201");
});

Deno.test("every colour map has 256 opaque colours and reaches both its ends", () => {
  for (const name of COLOUR_MAPS) {
    const table = colourTable(name);
    equal(table.length, 256, name);
    ok(table.every((pixel) => pixel >>> 24 === 255), `${name} is not opaque`);
    ok(new Set(table).size > 200, `${name} repeats its colours`);
  }
  equal(colourTable("grey")[255], 0xffffffff);
});
