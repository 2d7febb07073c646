// @ts-check
// Colour maps as tables of 256 colours, drawn through a few control points.

/**
 * Eleven evenly spaced colours of each map; between them we interpolate in sRGB.
 * @type {Record<string, string>}
 */
const CONTROL_POINTS = {
  magma: "000004 140e36 3b0f70 641a80 8c2981 b73779 de4968 f7705c fe9f6d fecf92 fcfdbf",
  viridis: "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725",
  cividis: "00224e 083370 35456c 4f576c 666970 7d7c78 948e77 aea371 c8b866 e5cf52 fee838",
  grey: "000000 ffffff",
  inverted: "ffffff 000000",
  // What lies under heat: neither black nor white, so that the hue shows on every cell.
  under: "101010 d8d8d8",
  underInverted: "f4f4f4 303030",
};

export const COLOUR_MAPS = ["magma", "viridis", "cividis", "grey", "inverted"];
/** @type {[number, number, number]} */
export const HEAT_RGB = [255, 106, 0]; // one warm hue; its strength is told by alpha, see heat.js

/**
 * 256 packed pixels (little-endian ABGR), ready for a Uint32Array over ImageData.
 * @param {string} name
 */
export function colourTable(name) {
  const points = CONTROL_POINTS[name].split(" ").map((hex) => parseInt(hex, 16));
  const table = new Uint32Array(256);
  for (let level = 0; level < 256; level++) {
    const place = (level / 255) * (points.length - 1);
    const below = Math.min(points.length - 2, Math.floor(place));
    const [low, high] = [points[below], points[below + 1]];
    const blend = (/** @type {number} */ shift) => {
      const [a, b] = [(low >> shift) & 255, (high >> shift) & 255];
      return Math.round(a + (b - a) * (place - below));
    };
    table[level] = packed(blend(16), blend(8), blend(0), 255);
  }
  return table;
}

/** @param {number} red @param {number} green @param {number} blue @param {number} alpha */
export function packed(red, green, blue, alpha) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * Lines over a map that is dark where there is no sound are white, and the other way round.
 * @param {string} name
 */
export function inkOver(name) {
  return name === "inverted" || name === "underInverted" ? "0, 0, 0" : "255, 255, 255";
}
