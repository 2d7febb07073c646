// @ts-check
// The lesson's words: every sentence comes from assets/lesson/<language>.json, numbers are put in.

/** @typedef {Record<string, string | number>} Facts */

/**
 * @param {any} words of one language
 * @param {string} language such as "de"
 */
export function makeTexts(words, language) {
  const formats = new Map();

  // A number as people of this language write it; whole numbers of five digits and more in groups.
  function number(value, digits = 0) {
    if (!formats.has(digits)) {
      const settings = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      formats.set(digits, new Intl.NumberFormat(language, settings));
    }
    return formats.get(digits).format(Number(value.toFixed(digits))).replace(/^-/, "\u2212");
  }

  /** A number with so many digits that count, tiny ones as 1.2e-6. */
  function short(value, digits = 3) {
    const size = Math.abs(value);
    const power = size ? Math.floor(Math.log10(size)) : 0;
    if (power < -4) return `${number(value / 10 ** power, 1)}e\u2212${-power}`;
    const decimals = size ? Math.max(0, digits - 1 - power) : 0;
    return number(value, Math.min(decimals, 6));
  }

  /** @param {string} template @param {Facts} facts */
  const fill = (template, facts = {}) =>
    template.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));

  return {
    language,
    words,
    number,
    short,
    fill,
    /** @param {string} key of the page around the steps @param {Facts} facts */
    ui: (key, facts = {}) => fill(words.ui[key], facts),
    percent: (share) => `${number(100 * share, share > 0 && share < 0.1 ? 1 : 0)} %`,
    signed: (value, digits = 2) => (value > 0 ? "+" : "") + number(value, digits),
  };
}

// The page's languages by the browser's wishes; the first one offered where none fits.
export function chooseLanguage(offered, wanted) {
  const short = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return short.find((tag) => offered.includes(tag)) ?? offered[0];
}
