import {
  clamp,
  decodeBytes,
  formatBand,
  formatCount,
  formatHertz,
  formatPercent,
  formatShare,
  formatSigned,
  median,
} from "../../ast_demo/ui/shared/numbers.js";
import { equal } from "./assert.js";

Deno.test("base64 becomes bytes", () => {
  equal([...decodeBytes("AAH/gA==")], [0, 1, 255, 128]);
});

Deno.test("numbers stay between their bounds", () => {
  equal([clamp(-1, 0, 2), clamp(1, 0, 2), clamp(3, 0, 2)], [0, 1, 2]);
});

Deno.test("frequencies carry the unit that fits", () => {
  equal([formatHertz(157.4), formatHertz(1827)], ["157 Hz", "1.83 kHz"]);
  equal([formatBand(20, 300), formatBand(900, 1500)], ["20 to 300 Hz", "900 Hz to 1.50 kHz"]);
});

Deno.test("signs are as wide as each other", () => {
  equal([formatSigned(0.5), formatSigned(-0.5)], ["+0.50", "\u22120.50"]);
});

Deno.test("small shares keep their digits", () => {
  equal([formatShare(0), formatShare(0.012345), formatShare(3.14e-6)], ["0", "0.0123", "3.1e-6"]);
  equal([formatPercent(0.042), formatPercent(0.42)], ["4.2 %", "42 %"]);
});

Deno.test("large counts are shortened", () => {
  equal([formatCount(600), formatCount(5400), formatCount(86600000)], ["600", "5 k", "86.6 M"]);
});

Deno.test("the median of nothing is nought", () => {
  equal([median([]), median([3, 1, 2])], [0, 2]);
});
