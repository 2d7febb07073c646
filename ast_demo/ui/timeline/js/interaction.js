// The chart on its stage: zoom by buttons, scroll like any long thing, point, click, arrow keys.

import { clamp } from "../../shared/numbers.js";
import { chartHeight, drawChart, namesWidth } from "./chart.js";
import { windowAt } from "./timelineData.js";

const DEEPEST_SECONDS = 10; // the chart shows no less
const ZOOM = 2; // of one press
const GHOST_ROWS = 6; // before there is a recording
const SCROLL_BAR = 16; // CSS pixels

// scene(): { timeline, rows, events, chosen, played }; on: { chosen(window), pointed(window), entered() }
export function makeStage({ root, scroller, spacer, canvas, scene, on }) {
  let zoom = 1;
  scroller.addEventListener("scroll", redraw);
  scroller.addEventListener("click", (event) => {
    if (scene().timeline?.count) on.chosen(windowUnder(event));
  });
  scroller.addEventListener("pointermove", (event) => {
    if (scene().timeline?.count) on.pointed(windowUnder(event));
  });
  scroller.addEventListener("pointerleave", () => on.pointed(null));
  scroller.addEventListener("wheel", turn, { passive: false });
  scroller.addEventListener("keydown", press);
  new ResizeObserver(redraw).observe(root);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  function turn(event) {
    if (!event.ctrlKey || !scene().timeline) return; // plain wheels scroll the page
    event.preventDefault();
    zoomTo(zoom * Math.exp(-event.deltaY / 200), secondsUnder(event));
  }

  function press(event) {
    const { timeline, chosen } = scene();
    if (!timeline?.count) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = clamp((chosen ?? -step) + step, 0, timeline.count - 1);
      reveal(next);
      on.chosen(next);
      on.pointed(next);
    } else if (event.key === "Enter" && chosen !== null) {
      on.entered();
    }
  }

  // What is visible, in CSS pixels and seconds.
  function view() {
    const width = canvas.parentElement.clientWidth;
    const names = namesWidth(width);
    const total = scene().timeline?.facts.total ?? 60;
    zoom = clamp(zoom, 1, Math.max(1, total / DEEPEST_SECONDS));
    const seconds = total / zoom;
    const plot = width - names;
    const start = plot > 0 ? (scroller.scrollLeft / (plot * zoom)) * total : 0;
    return {
      width,
      names,
      plot,
      total,
      seconds,
      start: clamp(start, 0, Math.max(0, total - seconds)),
    };
  }

  function redraw() {
    if (!root.offsetParent) return;
    const { width, names, plot } = view();
    if (width <= 0) return;
    const shown = scene();
    const rows = shown.timeline ? shown.rows : Array(GHOST_ROWS).fill(0);
    const height = chartHeight(rows.length || GHOST_ROWS);
    scroller.style.height = `${height + (zoom > 1 ? SCROLL_BAR : 0)}px`;
    scroller.style.marginLeft = `${names}px`;
    spacer.style.width = `${plot * zoom}px`;
    drawChart(canvas, { ...shown, rows, view: view() }); // the spacer may have moved the view
  }

  function zoomTo(wanted, middle) {
    const before = view();
    const at = middle ?? before.start + before.seconds / 2;
    const share = (at - before.start) / before.seconds;
    zoom = wanted;
    redraw();
    const after = view();
    scroller.scrollLeft = ((at - share * after.seconds) / after.total) * after.plot * zoom;
    redraw();
  }

  function reveal(window) {
    const { start, seconds, total, plot } = view();
    const [first, last] = scene().timeline.facts.windows[window];
    if (first >= start && last <= start + seconds) return;
    scroller.scrollLeft = (((first + last) / 2 - seconds / 2) / total) * plot * zoom;
  }

  function secondsUnder(event) {
    const { start, seconds, plot } = view();
    return start + ((event.clientX - scroller.getBoundingClientRect().left) / plot) * seconds;
  }

  function windowUnder(event) {
    return windowAt(scene().timeline, secondsUnder(event));
  }

  return {
    redraw,
    reveal,
    closer: () => zoomTo(zoom * ZOOM),
    farther: () => zoomTo(zoom / ZOOM),
    whole: () => zoomTo(1),
  };
}
