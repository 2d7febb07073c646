// @ts-check
// Hand a file to the browser's downloads.

import { make } from "./dom.js";

const HELD_MILLISECONDS = 10_000; // until the browser has surely taken it

/** @param {File} file */
export function saveFile(file) {
  const address = URL.createObjectURL(file);
  make("a", "", "", { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), HELD_MILLISECONDS);
}
