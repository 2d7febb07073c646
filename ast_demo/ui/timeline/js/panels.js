// Below the chart: the table of events, and what the chosen window holds.

import { button, make, setText } from "../../shared/dom.js";
import { clock, topLabels } from "./timelineData.js";

const LABELS_OF_WINDOW = 5;
const EVENTS_LISTED = 300;

// on: { play(start, end), chosen(window) }
export function listEvents(section, events, threshold, on) {
  const rows = events.slice(0, EVENTS_LISTED).map((event) => eventRow(event, on));
  section.querySelector("tbody").replaceChildren(...rows);
  section.querySelector("table").hidden = !rows.length;
  const none = `No label reached ${threshold.toFixed(2)}: lower the threshold.`;
  const more = events.length - rows.length;
  setText(
    section.querySelector(".tl-none"),
    !rows.length ? none : more > 0 ? `and ${more} more in the downloads` : "",
  );
}

function eventRow(event, on) {
  const name = `${event.label} at ${clock(event.start)}`;
  const play = button("Play", () => on.play(event.start, event.end), {
    class: "in-chip",
    "aria-label": `Play ${name}`,
  });
  const show = button("Window", () => on.chosen(event.peak_window), {
    class: "in-chip",
    "aria-label": `Show the window of ${name}`,
  });
  const row = make("tr");
  row.append(
    cell(play),
    make("td", "in-number", clock(event.start)),
    make("td", "in-number", clock(event.end)),
    make("td", "", event.label),
    make("td", "in-number", event.peak.toFixed(2)),
    cell(show),
  );
  return row;
}

function cell(content) {
  const node = make("td");
  node.append(content);
  return node;
}

// on: { play(start, end), opened() }
export function showWindow(panel, timeline, chosen, on) {
  if (chosen === null || !timeline) {
    panel.replaceChildren();
    return;
  }
  const { windows, levels, marks } = timeline.facts;
  const [start, end] = windows[chosen];
  const list = make("ol", "tl-labels");
  list.append(...topLabels(timeline, chosen, LABELS_OF_WINDOW).map(labelRow));
  const level = `level ${levels[chosen].toFixed(0)} dB`.replace("-", "\u2212");
  const says = [`${clock(start, 2)} to ${clock(end, 2)}`, level, marks[chosen]];
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

function labelRow([label, score]) {
  const row = make("li", "tl-label");
  const track = make("span", "in-track");
  const fill = make("span", "in-fill");
  fill.style.width = `${100 * score}%`;
  track.append(fill);
  row.append(make("span", "tl-name", label), make("span", "in-number", score.toFixed(2)), track);
  return row;
}

// What a window holds, in one line.
export function windowLine(timeline, window) {
  const [start, end] = timeline.facts.windows[window];
  const best = topLabels(timeline, window, 3).map(([label, score]) =>
    `${label} ${score.toFixed(2)}`
  );
  const marks = timeline.facts.marks[window];
  return `window ${window + 1}: ${clock(start, 2)} to ${clock(end, 2)} \u00b7 ${best.join(", ")}${
    marks ? ` \u00b7 ${marks}` : ""
  }`;
}
