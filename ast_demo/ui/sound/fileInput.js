// @ts-check
// A button to choose a sound file, and a veil that takes one dropped anywhere on the page.

import { partOf } from "../shared/dom.js";
import { sentenceOf } from "../shared/errors.js";
import { sendSound } from "./send.js";

/**
 * @param {object} part
 * @param {HTMLElement} part.element
 * @param {{ max_megabytes: number }} part.props
 * @param {import("../shared/types.js").Server} part.server
 * @param {(name: string, data: object) => void} part.trigger
 * @param {(file: File) => Promise<{ path: string }>} part.upload
 */
export function startFiles({ element, props, server, trigger, upload }) {
  const button = partOf(element, ".files-choose", HTMLButtonElement);
  const input = partOf(element, "input", HTMLInputElement);
  const veil = partOf(element, ".files-veil");
  const holdsFile = (/** @type {DragEvent} */ event) =>
    [...(event.dataTransfer?.types || [])].includes("Files");

  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files?.[0]);
    input.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("dragenter", (event) => {
    if (element.isConnected && element.offsetParent && holdsFile(event)) veil.hidden = false;
  });
  // The veil takes the drop itself: leaving it is one event, not one per element below.
  veil.addEventListener("dragover", (event) => event.preventDefault());
  veil.addEventListener("dragleave", () => (veil.hidden = true));
  veil.addEventListener("drop", (event) => {
    event.preventDefault();
    veil.hidden = true;
    take(event.dataTransfer?.files[0]);
  });

  /** @param {File | undefined} file */
  async function take(file) {
    if (!file || button.disabled) return;
    button.disabled = true;
    button.textContent = "Uploading\u2026";
    try {
      const { path, note } = await sendSound(file, {
        megabytes: props.max_megabytes,
        upload,
        readable: server.sound_readable,
      });
      trigger("chosen", { path, title: file.name, note });
    } catch (error) {
      trigger("chosen", { path: null, problem: sentenceOf(error) });
    } finally {
      button.disabled = false;
      button.textContent = "Upload a sound";
    }
  }
}
