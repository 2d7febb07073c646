// @ts-check
// The chart on its stage: zoom by buttons, scroll like any long thing, point, click, arrow keys.

import { widthAround } from "../../shared/canvas.js";
import { clamp } from "../../shared/numbers.js";
import { chartHeight, drawChart, namesWidth } from "./chart.js";
import { windowAt } from "./timelineData.js";

/** @import { Scene } from "./chart.js" */

const DEEPEST_SECONDS = 10; // the chart shows no less
const ZOOM = 2; // of one press
const GHOST_ROWS = 6; // before there is a recording
const SCROLL_BAR = 16; // CSS pixels
/** Windows that a key goes along. @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

export class Stage {
  /**
   * @param {object} world
   * @param {HTMLElement} world.root
   * @param {HTMLElement} world.scroller
   * @param {HTMLElement} world.spacer
   * @param {HTMLCanvasElement} world.canvas
   * @param {() => Omit<Scene, "view">} world.scene
   * @param {{ chosen: (window: number) => void, pointed: (window: number | null) => void,
   *     entered: () => void }} world.on
   */
  constructor({ root, scroller, spacer, canvas, scene, on }) {
    this.root = root;
    this.scroller = scroller;
    this.spacer = spacer;
    this.canvas = canvas;
    this.scene = scene;
    this.on = on;
    this.zoom = 1;
    this.listen();
  }

  listen() {
    const { scroller, on } = this;
    const redraw = () => this.redraw();
    scroller.addEventListener("scroll", redraw);
    scroller.addEventListener("click", (event) => {
      const window = this.windowUnder(event);
      if (window !== null) on.chosen(window);
    });
    scroller.addEventListener("pointermove", (event) => {
      const window = this.windowUnder(event);
      if (window !== null) on.pointed(window);
    });
    scroller.addEventListener("pointerleave", () => on.pointed(null));
    scroller.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    scroller.addEventListener("keydown", (event) => this.press(event));
    new ResizeObserver(redraw).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  /** @param {WheelEvent} event */
  turn(event) {
    if (!event.ctrlKey || !this.scene().timeline) return; // plain wheels scroll the page
    event.preventDefault();
    this.zoomTo(this.zoom * Math.exp(-event.deltaY / 200), this.secondsUnder(event));
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { timeline, chosen } = this.scene();
    if (!timeline?.count) return;
    const step = STEPS[event.key];
    if (step) {
      event.preventDefault();
      const next = clamp((chosen ?? -step) + step, 0, timeline.count - 1);
      this.reveal(next);
      this.on.chosen(next);
      this.on.pointed(next);
    } else if (event.key === "Enter" && chosen !== null) {
      this.on.entered();
    }
  }

  // What is visible, in CSS pixels and seconds.
  view() {
    const { timeline, rows } = this.scene();
    const width = widthAround(this.canvas);
    const labels = timeline ? rows.map((row) => timeline.facts.labels[row]) : [];
    const names = namesWidth(this.canvas, width, labels);
    const total = timeline?.facts.total ?? 60;
    this.zoom = clamp(this.zoom, 1, Math.max(1, total / DEEPEST_SECONDS));
    const seconds = total / this.zoom;
    const plot = width - names;
    const start = plot > 0 ? (this.scroller.scrollLeft / (plot * this.zoom)) * total : 0;
    return { width, names, plot, total, seconds, start: clamp(start, 0, total - seconds) };
  }

  redraw() {
    if (!this.root.offsetParent) return;
    const { width, names, plot } = this.view();
    if (width <= 0) return;
    const shown = this.scene();
    const rows = shown.timeline ? shown.rows : Array(GHOST_ROWS).fill(0);
    const height = chartHeight(rows.length || GHOST_ROWS);
    this.scroller.style.height = `${height + (this.zoom > 1 ? SCROLL_BAR : 0)}px`;
    this.scroller.style.marginLeft = `${names}px`;
    this.spacer.style.width = `${plot * this.zoom}px`;
    // The spacer may have moved the view.
    drawChart(this.canvas, { ...shown, rows, view: this.view() });
  }

  /** @param {number} wanted @param {number} [middle] seconds that stay where they are */
  zoomTo(wanted, middle) {
    const before = this.view();
    const at = middle ?? before.start + before.seconds / 2;
    const share = (at - before.start) / before.seconds;
    this.zoom = wanted;
    this.redraw();
    const after = this.view();
    this.scroller.scrollLeft = ((at - share * after.seconds) / after.total) * after.plot *
      this.zoom;
    this.redraw();
  }

  /** @param {number} window that shall be seen */
  reveal(window) {
    const { timeline } = this.scene();
    if (!timeline) return;
    const { start, seconds, total, plot } = this.view();
    const [first, last] = timeline.facts.windows[window];
    if (first >= start && last <= start + seconds) return;
    this.scroller.scrollLeft = (((first + last) / 2 - seconds / 2) / total) * plot * this.zoom;
  }

  /** @param {MouseEvent} event */
  secondsUnder(event) {
    const { start, seconds, plot } = this.view();
    const along = (event.clientX - this.scroller.getBoundingClientRect().left) / plot;
    return start + along * seconds;
  }

  /** @param {MouseEvent} event @returns {number | null} null without a recording */
  windowUnder(event) {
    const { timeline } = this.scene();
    return timeline?.count ? windowAt(timeline, this.secondsUnder(event)) : null;
  }

  closer() {
    this.zoomTo(this.zoom * ZOOM);
  }

  farther() {
    this.zoomTo(this.zoom / ZOOM);
  }

  whole() {
    this.zoomTo(1);
  }
}
