// @ts-check
// The mel scale of Kaldi's filters.

/** @param {number} hertz */
export const melOf = (hertz) => 1127 * Math.log(1 + hertz / 700);

/** @param {number} mel */
export const hertzOf = (mel) => 700 * (Math.exp(mel / 1127) - 1);
