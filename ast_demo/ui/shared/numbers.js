// @ts-check
// Bytes out of base64, and numbers as people read them.

/** @param {string} base64 */
export function decodeBytes(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/** @param {number} hertz */
export function formatHertz(hertz) {
  if (hertz < 1000) return `${Math.round(hertz)} Hz`;
  return `${(hertz / 1000).toFixed(2)} kHz`;
}

/** @param {number} low @param {number} high */
export function formatBand(low, high) {
  if (high < 1000) return `${Math.round(low)} to ${formatHertz(high)}`;
  return `${formatHertz(low)} to ${formatHertz(high)}`;
}

/** @param {number} seconds @param {number} [digits] */
export function formatSeconds(seconds, digits = 2) {
  return `${seconds.toFixed(digits)} s`;
}

/**
 * A minus sign is as wide as a plus sign; a hyphen would make columns of numbers dance.
 * @param {number} value
 * @param {number} [digits]
 */
export function formatSigned(value, digits = 2) {
  const sign = value < 0 ? "\u2212" : "+";
  return sign + Math.abs(value).toFixed(digits);
}

/** @param {number} share */
export function formatPercent(share) {
  const percent = 100 * share;
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

/**
 * Attention shares are small: 0.0123, 0.00042, 3.1e-6.
 * @param {number} value
 */
export function formatShare(value) {
  if (value === 0) return "0";
  if (value < 1e-4) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/**
 * A number that is exact to a step, with no more digits than that.
 * @param {number} value
 * @param {number} step
 */
export function formatStep(value, step) {
  const digits = step > 0 ? clamp(Math.round(-Math.log10(step)), 0, 6) : 0;
  return value.toFixed(digits);
}

/** @param {number} count */
export function formatCount(count) {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  if (count >= 1e3) return `${(count / 1e3).toFixed(0)} k`;
  return String(count);
}

/** @param {Iterable<number>} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : 0;
}
