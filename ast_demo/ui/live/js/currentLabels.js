// The labels of this moment, and the one that is sure enough to be a headline.

import { make, setText } from "../../shared/dom.js";

const LABELS_SHOWN = 7;
const REORDER_MILLISECONDS = 900; // labels change places at most so often

export function makeNow(list, headline) {
  let names = [];
  let quiet = []; // labels that say silence
  let order = []; // numbers of the labels that are listed
  let orderedAt = 0;

  function show(scores, silent, threshold) {
    const ranked = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
    arrange(ranked, silent);
    while (list.children.length < order.length) list.append(labelRow());
    order.forEach((label, place) => {
      const row = list.children[place];
      const [name, number, bar] = row.parts;
      setText(name, names[label]);
      name.title = names[label];
      setText(number, silent ? "" : (scores[label] / 255).toFixed(2));
      bar.style.width = `${silent ? 0 : (100 * scores[label]) / 255}%`;
      row.classList.toggle("live-counts", !silent && scores[label] >= 255 * threshold);
    });
    const sure = scores[ranked[0]] >= 255 * threshold;
    const still = silent || (sure && quiet.includes(ranked[0]));
    setText(headline, still ? "Silence" : sure ? names[ranked[0]] : "nothing sure");
    headline.classList.toggle("live-unsure", still || !sure);
  }

  function arrange(ranked, silent) {
    const now = performance.now();
    const settled = order.length === Math.min(LABELS_SHOWN, names.length);
    if (settled && (silent || now - orderedAt <= REORDER_MILLISECONDS)) return;
    order = ranked.slice(0, LABELS_SHOWN);
    orderedAt = now;
  }

  function labelRow() {
    const row = make("li", "live-label");
    const bar = make("span", "in-fill");
    const track = make("span", "in-track");
    track.append(bar);
    row.parts = [make("span", "live-name"), make("span", "in-number"), bar];
    row.append(row.parts[0], row.parts[1], track);
    return row;
  }

  function clear() {
    list.replaceChildren();
    setText(headline, "");
  }

  return {
    begin(labels, silence) {
      names = labels;
      quiet = silence;
      order = [];
      clear();
    },
    show,
    clear,
  };
}
