// @ts-check
// Downloads: files of the present view, and the link or the Python that makes it again.

import { button, make, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { heatRequest, isMissing } from "../state/selectedMap.js";
import { decodeBytes } from "../../shared/numbers.js";
import { pythonFor, viewRequest } from "./pythonCode.js";
import { linkOf } from "../../shared/links.js";
import { viewSettings } from "../openLink.js";
import { soundOf } from "../state/opened.js";

/** @import { App } from "../types.js" */

const FILES = [
  ["png", "PNG", "Picture for print"],
  ["svg", "SVG", "Picture that scales"],
  ["csv", "CSV", "All labels and all patches with their numbers"],
  ["npz", "NPZ", "Arrays for NumPy"],
  ["json", "JSON", "Report with provenance"],
];

/** @param {App} app @param {HTMLElement} panel @returns {() => void} */
export function makeTakeaway(app, panel) {
  const row = make("div", "ex-row");
  const note = make("span", "ex-muted", "", { role: "status" });
  row.append(make("span", "ex-caption", "Download"));
  for (const [kind, text, title] of FILES) {
    row.append(button(text, () => fetchFile(kind), { title }));
  }
  const code = make("pre", "ex-code", "", { tabindex: "0", "aria-label": "Python code" });
  const copy = button("Copy as Python", copyCode, { title: "Code that makes this view again" });
  const recipe = make("details", "ex-recipe");
  recipe.append(make("summary", "", "The same in Python"), code);
  const link = button("Copy link", copyLink, { title: "An address that opens this view" });
  row.append(copy, link, note);
  panel.append(row, recipe);

  /** @param {string} kind */
  async function fetchFile(kind) {
    const heat = app.heat();
    if (isMissing(heat)) return setText(note, heat.missing);
    setText(note, "Preparing the file\u2026");
    const { id, payload } = soundOf(app);
    const view = { ...viewRequest(app), heat: heatRequest(app) };
    try {
      const request = { id, kind, title: payload.title, view };
      const { name, type, data } = await app.answers.ask("export", request);
      save(new Blob([decodeBytes(data)], { type }), name);
      setText(note, "");
    } catch (error) {
      setText(note, sentenceOf(error));
    }
  }

  async function copyLink() {
    const address = linkOf(viewSettings(app.state, soundOf(app)), app.space);
    try {
      await navigator.clipboard.writeText(address);
      const own = soundOf(app).payload.source?.example ? "" : " It holds settings, not your sound.";
      setText(note, `Link copied.${own}`);
    } catch {
      setText(note, `Copy this link: ${address}`);
    }
  }

  async function copyCode() {
    try {
      await navigator.clipboard.writeText(code.textContent);
      setText(note, "Copied.");
    } catch {
      recipe.open = true;
      getSelection()?.selectAllChildren(code); // no clipboard outside https and localhost
      setText(note, "Press Ctrl+C to copy the selected code.");
    }
  }

  return () => setText(code, pythonFor(app));
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = make("a", "", "", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * Save a file of the server under a name with the ending that it has there.
 * @param {URL} address
 * @param {string} title
 */
export async function saveAddress(address, title) {
  const ending = /\.\w{2,4}$/.exec(address.pathname)?.[0] ?? ".wav";
  const answer = await fetch(address, { cache: "force-cache" });
  if (answer.ok) save(await answer.blob(), title.endsWith(ending) ? title : title + ending);
}
