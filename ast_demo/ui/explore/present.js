// @ts-check
// Present: picture and labels alone in large type, for the last row of a room.

import { button } from "../shared/dom.js";

const TYPING = "input, textarea, select, [contenteditable]";

/**
 * @param {HTMLElement} root
 * @param {(presenting: boolean) => void} onChange
 */
export function makePresent(root, onChange) {
  const toggle = button("Present", () => show(root.dataset.present !== "true"), {
    title: "Picture and labels alone, in large type (key P)",
    "aria-keyshortcuts": "P",
    class: "ex-button ex-present",
  });

  /** @param {boolean} presenting */
  function show(presenting) {
    root.dataset.present = String(presenting);
    toggle.textContent = presenting ? "Leave (P)" : "Present";
    document.body.style.overflow = presenting ? "hidden" : "";
    onChange(presenting);
  }

  document.addEventListener("keydown", (event) => {
    if (!root.isConnected || root.offsetParent === null && root.dataset.present !== "true") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches?.(TYPING) && target.getAttribute("type") !== "radio") return;
    if (event.key === "p" || event.key === "P") show(root.dataset.present !== "true");
    else if (event.key === "Escape" && root.dataset.present === "true") show(false);
  });
  return toggle;
}
