// @ts-check
// The colours of the page's theme, for what is drawn on canvases.

/** @import { Colours } from "../types.js" */

const NAMES = "text muted line surface veil hatch blind ghost ghost-line chosen hot".split(" ");
const FONT_SIZE = 12; // CSS pixels

/**
 * Watch the theme; Gradio switches it by a class on the body, and the system may switch, too.
 * @param {HTMLElement} root
 * @param {() => void} onChange
 * @returns {(scale: number) => Colours} the colours, with the font at a scale
 */
export function watchColours(root, onChange) {
  /** @type {Colours | null} */
  let known = null; // read anew only when they may have changed: it recalculates styles
  const forget = () => {
    known = null;
    onChange();
  };
  const observer = new MutationObserver(() => {
    if (root.isConnected) forget();
    else observer.disconnect();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", forget);
  return (scale) => {
    known ??= readColours(root);
    known.font = `${FONT_SIZE * scale}px ${known.family}`;
    return known;
  };
}

/** @param {HTMLElement} root @returns {Colours} */
function readColours(root) {
  const style = getComputedStyle(root);
  const read = (/** @type {string} */ name) => style.getPropertyValue(`--ex-${name}`).trim();
  return {
    ...Object.fromEntries(NAMES.map((name) => [name, read(name)])),
    family: style.fontFamily,
  };
}
