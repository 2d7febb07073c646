// @ts-check
// Redraws once per frame, however many changes came in between: the picture and the words about it.

import { prepared } from "../../shared/canvas.js";
import { make, partOf, setText } from "../../shared/dom.js";
import { heatLegend } from "../../shared/heat.js";
import { keepLink } from "../../shared/links.js";

/** @import { Colours, Heat } from "../../explore/types.js" */
/** @import { Lesson } from "./lesson.js" */
/** @import { Step } from "./steps/step.js" */

const COLOURS = "text muted line surface veil hatch blind ghost faint weak chosen hot accent".split(
  " ",
);

const LARGE = 1.5; // large type: pictures grow along, by what keeps cells whole pixels
const LARGE_FROM = 1200; // CSS pixels of width; on a smaller screen they would only be cut off
const PAPER = 720; // CSS pixels between the margins of A4 and of Letter

export class Drawing {
  /** @param {Lesson} lesson */
  constructor(lesson) {
    this.lesson = lesson;
    this.stage = lesson.part("stage");
    this.canvas = partOf(this.stage, "canvas", HTMLCanvasElement);
    this.isWanted = false;
    /** @type {Colours | null} */
    this.colours = null; // of the page's theme, read anew only when it may have changed
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  schedule() {
    if (!this.isWanted) requestAnimationFrame(() => this.redraw());
    this.isWanted = true;
  }

  /** Draw with the colours and fonts that the page has now. */
  recolour() {
    this.colours = null;
    this.schedule();
  }

  /**
   * On paper all is light, and the browser does not wait for the next frame.
   * @param {boolean} now
   */
  print(now) {
    this.lesson.printing = now;
    this.lesson.root.dataset.print = String(now);
    this.colours = null;
    this.redraw();
  }

  redraw() {
    const { lesson, stage } = this;
    this.isWanted = false;
    if (!lesson.root.isConnected || lesson.root.clientWidth === 0) return; // in another tab
    if (!lesson.isReady()) return setText(lesson.part("busy"), lesson.session.status());
    const start = performance.now();
    const step = lesson.step();
    lesson.session.pending = "";
    lesson.scale = this.scaleNow();
    const width = lesson.printing ? step.paper() ?? PAPER : stage.clientWidth / lesson.scale;
    const height = Math.ceil(step.height(width));
    stage.style.height = `${height * lesson.scale}px`;
    const context = prepared(this.canvas, width * lesson.scale, height * lesson.scale);
    context.scale(lesson.scale, lesson.scale);
    step.draw({ context, width, height, colours: this.pageColours(), dark: this.isDark() });
    this.describe(step);
    performance.clearMeasures("learn:redraw"); // keep one, not a session's worth
    performance.measure("learn:redraw", { start, end: performance.now() });
  }

  scaleNow() {
    const { root, printing } = this.lesson;
    const isLarge = root.dataset.large === "true" && this.stage.clientWidth >= LARGE_FROM;
    return isLarge && !printing ? LARGE : 1;
  }

  /** @param {Step} step */
  describe(step) {
    const { lesson } = this;
    const { words } = step;
    const facts = lesson.facts(step);
    const { fill, ui } = lesson.texts;
    setText(lesson.part("sentence"), fill(step.sentence(), facts));
    setText(lesson.part("read"), fill(step.read(), facts));
    this.showLegend(step.legend());
    step.refresh();
    this.stage.setAttribute("aria-label", `${fill(words.alt, facts)} ${ui("keys")}`);
    lesson.exact.refresh(words.exact, facts);
    lesson.table.refresh(() => step.rows());
    lesson.header.refresh();
    setText(lesson.part("busy"), lesson.session.status());
    lesson.part("step").dataset.busy = String(lesson.session.isOpening);
    keepLink(lesson.linkSettings());
  }

  /** A strip of the heat's colours with marks under it, as in Explore. @param {Heat | null} map */
  showLegend(map) {
    const { texts, sound } = this.lesson;
    const line = this.lesson.part("legend");
    line.hidden = !map;
    if (!map) return;
    const short = (/** @type {number} */ value) => texts.short(value);
    const times = (/** @type {number} */ value) =>
      `${texts.number(value, value < 10 ? 1 : 0)}\u00d7`;
    const { table, ticks } = heatLegend(map, sound.grid.patches, short, times);
    const scale = make("span", "ln-heat");
    scale.append(strip(table));
    for (const [place, text] of ticks) {
      const mark = make("span", "ln-tick", text);
      mark.style.left = `${100 * place}%`;
      scale.append(mark);
    }
    line.replaceChildren(map.linear ? map.name : texts.ui("times_even", { name: map.name }), scale);
  }

  isDark() {
    return Boolean(this.lesson.root.closest(".dark")) && !this.lesson.printing;
  }

  pageColours() {
    if (this.colours) return this.colours;
    const style = getComputedStyle(this.lesson.root);
    const read = (/** @type {string} */ name) => style.getPropertyValue(`--ln-${name}`).trim();
    const font = `${read("canvas-type") || "12px"} ${style.fontFamily}`;
    this.colours = { ...Object.fromEntries(COLOURS.map((name) => [name, read(name)])), font };
    return this.colours;
  }
}

/** Colours in a row, a pixel each. @param {Uint32Array} table */
function strip(table) {
  const canvas = make("canvas", "", "", { width: table.length, height: 1 });
  const image = new ImageData(table.length, 1);
  new Uint32Array(image.data.buffer).set(table);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Redraw when the theme, the fonts or the width change; tell when the tab is shown again.
 * @param {HTMLElement} root
 * @param {() => void} onChange
 * @param {() => void} onShown
 */
export function watchSurroundings(root, onChange, onShown) {
  const observer = new MutationObserver(onChange);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  document.fonts?.ready.then(onChange);
  let width = 0;
  new ResizeObserver(() => {
    if (width === 0 && root.clientWidth > 0) onShown();
    width = root.clientWidth;
    onChange();
  }).observe(root);
}

/**
 * Hand on the picture's pointers and keys to the step.
 * @param {Lesson} lesson
 * @param {HTMLElement} stage
 */
export function watchStage(lesson, stage) {
  /** @param {PointerEvent} event @returns {[number, number, number]} */
  const place = ({ clientX, clientY }) => {
    const { left, top, width } = stage.getBoundingClientRect();
    const { scale } = lesson;
    return [(clientX - left) / scale, (clientY - top) / scale, width / scale];
  };
  const isAsked = (/** @type {MouseEvent} */ event) => lesson.isReady() && event.button <= 0;
  stage.addEventListener("pointerdown", (event) => {
    if (!isAsked(event)) return;
    if (event.pointerType === "mouse") stage.setPointerCapture(event.pointerId);
    lesson.step().pointer.down?.(...place(event));
  });
  stage.addEventListener("pointermove", (event) => {
    if (isAsked(event)) lesson.step().pointer.move?.(...place(event));
  });
  stage.addEventListener("pointerup", (event) => {
    if (isAsked(event)) lesson.step().pointer.up?.(...place(event));
  });
  stage.addEventListener("pointercancel", () => {
    if (lesson.isReady()) lesson.step().pointer.cancel?.();
  });
  stage.addEventListener("keydown", (event) => {
    if (!lesson.isReady() || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = lesson.step();
    const act = step.keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    lesson.speakAloud(lesson.texts.fill(step.read(), lesson.facts(step)));
  });
}
