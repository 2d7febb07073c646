// @ts-check
// Below the chart: the table of events, and what the chosen window holds.

import { button, make, partOf, setText } from "../../shared/dom.js";
import { clock, listedEvents, timeText, topLabels, windowMarks } from "./timelineData.js";

/** @import { Event, Timeline } from "./timelineData.js" */

const LABELS_OF_WINDOW = 5;
const EVENTS_LISTED = 300;
const COLUMNS = [
  ["", ""],
  ["start", "Start"],
  ["", "End"],
  ["length", "Duration"],
  ["label", "Label"],
  ["peak", "Highest score"],
  ["", ""],
];
/** How a column is sorted. @type {Record<string, "ascending" | "descending">} */
const DIRECTIONS = {
  start: "ascending",
  length: "descending",
  label: "ascending",
  peak: "descending",
};

export class EventTable {
  /**
   * @param {HTMLElement} section
   * @param {object} on
   * @param {(start: number, end: number) => void} on.play
   * @param {(window: number) => void} on.chosen
   */
  constructor(section, on) {
    this.section = section;
    this.on = on;
    /** @type {Event[]} */
    this.events = [];
    this.threshold = 0.5;
    this.order = "start";
    this.colours = new Map();
    this.table = partOf(section, "table");
    this.filter = make("input", "tl-filter", "", {
      type: "search",
      placeholder: "all labels",
      "aria-label": "Show only labels that contain",
    });
    this.began = make("input", "tl-began", "", {
      type: "datetime-local",
      step: "1",
      "aria-label": "When the recording began",
    });
    this.filter.addEventListener("input", () => this.draw());
    this.began.addEventListener("input", () => this.draw());
    partOf(section, ".tl-list-controls").append(
      captioned("Label", this.filter),
      captioned("Recording began (for times of day)", this.began),
    );
    this.heads = this.makeHead();
  }

  makeHead() {
    const row = make("tr");
    const heads = COLUMNS.map(([order, text]) => {
      const head = make(text ? "th" : "td"); // a button needs no heading
      if (order) head.append(button(text, () => this.sort(order), { class: "tl-sort in-chip" }));
      else head.textContent = text;
      row.append(head);
      return { order, head };
    });
    partOf(this.table, "thead").replaceChildren(row);
    return heads;
  }

  /** @param {string} order */
  sort(order) {
    this.order = order;
    this.draw();
  }

  /** @param {Date | null} date when the recording began, if that is known */
  setBeginning(date) {
    if (!date) this.began.value = "";
    else this.began.value = `${date.toLocaleDateString("sv")}T${date.toLocaleTimeString("sv")}`;
  }

  /**
   * List events.
   *
   * @param {Event[]} events
   * @param {number} threshold from which they were found
   * @param {Map<string, number>} colours of the labels
   */
  show(events, threshold, colours) {
    this.events = events;
    this.threshold = threshold;
    this.colours = colours;
    this.draw();
  }

  draw() {
    for (const { order, head } of this.heads) {
      if (order) head.setAttribute("aria-sort", order === this.order ? DIRECTIONS[order] : "none");
    }
    const began = this.began.value ? new Date(this.began.value) : null;
    const wanted = listedEvents(this.events, this.filter.value, this.order);
    const rows = wanted.slice(0, EVENTS_LISTED).map((event) => this.row(event, began));
    partOf(this.table, "tbody").replaceChildren(...rows);
    this.table.hidden = !this.events.length;
    setText(partOf(this.section, ".tl-none"), this.remark(wanted.length - rows.length));
  }

  /** @param {number} more events than are listed */
  remark(more) {
    if (!this.events.length) {
      return `No label reached ${this.threshold.toFixed(2)}: lower the minimum score.`;
    }
    return more > 0 ? `and ${more} more in the downloads` : "";
  }

  /** @param {Event} event @param {Date | null} began when the recording did */
  row(event, began) {
    const name = `${event.label} at ${clock(event.start)}`;
    const row = make("tr");
    const label = make("td");
    const swatch = make("span", "tl-swatch");
    swatch.style.background = `var(--tl-${this.colours.get(event.label) ?? 0})`;
    label.append(swatch, event.label);
    row.append(
      cell(button("Play", () => this.on.play(event.start, event.end), {
        class: "in-chip",
        "aria-label": `Play ${name}`,
      })),
      make("td", "in-number", timeText(event.start, began)),
      make("td", "in-number", timeText(event.end, began)),
      make("td", "in-number", `${(event.end - event.start).toFixed(1)} s`),
      label,
      make("td", "in-number", event.peak.toFixed(2)),
      cell(button("Window", () => this.on.chosen(event.peak_window), {
        class: "in-chip",
        "aria-label": `Show the window of ${name}`,
      })),
    );
    return row;
  }
}

/** @param {string} text @param {HTMLInputElement} input */
function captioned(text, input) {
  const label = make("label", "tl-captioned");
  label.append(make("span", "ex-caption", text), input);
  return label;
}

/** @param {HTMLElement} content */
function cell(content) {
  const node = make("td");
  node.append(content);
  return node;
}

/**
 * Show what the chosen window holds.
 *
 * @param {HTMLElement} panel
 * @param {Timeline | null} timeline
 * @param {number | null} chosen
 * @param {{ play: (start: number, end: number) => void, opened: () => void }} on
 */
export function showWindow(panel, timeline, chosen, on) {
  if (chosen === null || !timeline) {
    panel.replaceChildren();
    return;
  }
  const { windows, levels } = timeline.facts;
  const [start, end] = windows[chosen];
  const list = make("ol", "tl-labels");
  list.append(...topLabels(timeline, chosen, LABELS_OF_WINDOW).map(labelRow));
  const level = `level ${levels[chosen].toFixed(0)} dB`.replace("-", "\u2212");
  const says = [`${clock(start, 2)} to ${clock(end, 2)}`, level, windowMarks(timeline, chosen)];
  const actions = make("div", "in-buttons");
  actions.append(
    button("Play window", () => on.play(start, end), { class: "in-button" }),
    button("Open in Explore", on.opened, { class: "in-button" }),
  );
  panel.replaceChildren(
    make("h3", "in-heading", `Window ${chosen + 1} of ${windows.length}`),
    make("p", "in-muted", says.filter(Boolean).join(" \u00b7 ")),
    list,
    actions,
  );
}

/** @param {[string, number]} labelAndScore */
function labelRow([label, score]) {
  const row = make("li", "tl-label");
  const track = make("span", "in-track");
  const fill = make("span", "in-fill");
  fill.style.width = `${100 * score}%`;
  track.append(fill);
  row.append(make("span", "tl-name", label), make("span", "in-number", score.toFixed(2)), track);
  return row;
}

/**
 * What a window holds, in one line.
 * @param {Timeline} timeline
 * @param {number} window
 */
export function windowLine(timeline, window) {
  const [start, end] = timeline.facts.windows[window];
  const best = topLabels(timeline, window, 3).map(([label, score]) =>
    `${label} ${score.toFixed(2)}`
  );
  const marks = windowMarks(timeline, window);
  return `window ${window + 1}: ${clock(start, 2)} to ${clock(end, 2)} \u00b7 ${best.join(", ")}${
    marks ? ` \u00b7 ${marks}` : ""
  }`;
}
