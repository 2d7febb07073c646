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

Deno.test("equal steps of value are growing lightness, never a boundary", () => {
  equal(COLOUR_MAPS, ["magma", "viridis", "cividis", "grey", "inverted"]);
  for (const name of COLOUR_MAPS) {
    const lightness = [...colourTable(name)].map((pixel) => {
      const [red, green, blue] = [0, 8, 16].map((shift) => ((pixel >> shift) & 255) / 255);
      return 0.2126 * red ** 2.2 + 0.7152 * green ** 2.2 + 0.0722 * blue ** 2.2;
    });
    const sign = name === "inverted" ? -1 : 1;
    for (let level = 4; level < 256; level += 4) { // fewer steps than 8 bits round away
      ok(sign * (lightness[level] - lightness[level - 4]) > 0, `${name} at ${level}`);
    }
  }
});
