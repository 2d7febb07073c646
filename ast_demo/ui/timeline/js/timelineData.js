// A timeline's numbers, decoded, and which labels get a row.

import { decodeBytes } from "../../shared/numbers.js";

const FEW = 8;
const MANY = 40;
const LOWEST_CEILING = 0.2;
const LEAST = 0.1; // a label that never reaches it has no row

export function decodeTimeline(facts) {
  const bytes = decodeBytes(facts.scores);
  const width = facts.labels.length;
  return {
    facts,
    count: facts.windows.length,
    // The score that is drawn at full strength: a recording without sure labels is not left pale.
    ceiling: Math.max(LOWEST_CEILING, ...facts.peaks),
    scoreOf: (window, label) => bytes[window * width + label] / 255,
    silent: facts.marks.map((marks) => marks.includes("silent")),
    broken: facts.marks.map((marks) => marks.includes("gap")),
  };
}

// The highest first to choose, the earliest first to show.
export function chooseRows(timeline, all) {
  const { facts, count, scoreOf, silent } = timeline;
  const best = [...facts.peaks.keys()].filter((label) => facts.peaks[label] >= LEAST);
  best.sort((a, b) => facts.peaks[b] - facts.peaks[a]);
  const chosen = best.slice(0, all ? MANY : FEW);
  const half = (label) => {
    for (let window = 0; window < count; window++) {
      if (!silent[window] && scoreOf(window, label) >= facts.peaks[label] / 2) return window;
    }
    return count;
  };
  const first = new Map(chosen.map((label) => [label, half(label)]));
  return { rows: chosen.sort((a, b) => first.get(a) - first.get(b)), more: best.length > FEW };
}

// The window whose middle is nearest to a moment.
export function windowAt(timeline, seconds) {
  const { windows } = timeline.facts;
  let nearest = 0;
  let least = Infinity;
  for (let i = 0; i < windows.length; i++) {
    const distance = Math.abs((windows[i][0] + windows[i][1]) / 2 - seconds);
    if (distance < least) [nearest, least] = [i, distance];
  }
  return nearest;
}

export function topLabels(timeline, window, most) {
  const labels = [...timeline.facts.labels.keys()];
  labels.sort((a, b) => timeline.scoreOf(window, b) - timeline.scoreOf(window, a));
  return labels.slice(0, most).map((
    label,
  ) => [timeline.facts.labels[label], timeline.scoreOf(window, label)]);
}

export function clock(seconds, digits = 1) {
  const whole = Math.floor(seconds / 60);
  const rest = (seconds - 60 * whole).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  if (whole < 60) return `${whole}:${rest}`;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${rest}`;
}
