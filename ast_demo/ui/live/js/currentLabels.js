// @ts-check
// The labels of this moment, and the one that is sure enough to be a headline.

import { make, setText } from "../../shared/dom.js";

const LABELS_SHOWN = 7;
const REORDER_MILLISECONDS = 900; // labels change places at most so often

export class CurrentLabels {
  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} headline
   */
  constructor(list, headline) {
    this.list = list;
    this.headline = headline;
    /** @type {ReturnType<CurrentLabels["newRow"]>[]} */
    this.rows = [];
    /** @type {string[]} */
    this.names = [];
    /** @type {number[]} */
    this.silence = []; // labels that say it
    this.abstention = 0;
    /** @type {number[]} */
    this.order = []; // numbers of the labels that are listed
    this.orderedAt = 0;
  }

  /** @param {{ labels: string[], silence: number[], abstention: number }} facts */
  begin({ labels, silence, abstention }) {
    this.names = labels;
    this.silence = silence;
    this.abstention = abstention;
    this.order = [];
    this.orderedAt = 0;
    this.clear();
  }

  clear() {
    this.rows = [];
    this.list.replaceChildren();
    setText(this.headline, "");
  }

  /**
   * @param {Uint8Array} scores 0 to 255
   * @param {boolean} silent
   * @param {number} threshold
   */
  show(scores, silent, threshold) {
    const ranked = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
    this.arrange(ranked, silent);
    while (this.rows.length < this.order.length) this.rows.push(this.newRow());
    this.order.forEach((label, place) => {
      const score = silent ? 0 : scores[label] / 255;
      const { row, name, number, bar } = this.rows[place];
      setText(name, this.names[label]);
      name.title = this.names[label];
      setText(number, silent ? "" : score.toFixed(2));
      bar.style.width = `${100 * score}%`;
      row.classList.toggle("live-counts", !silent && score >= threshold);
    });
    const { text, sure } = this.headlineOf(ranked[0], scores[ranked[0]] / 255, silent, threshold);
    setText(this.headline, text);
    this.headline.classList.toggle("live-unsure", !sure);
  }

  /**
   * @param {number} best label
   * @param {number} score its own
   * @param {boolean} silent
   * @param {number} threshold
   */
  headlineOf(best, score, silent, threshold) {
    const counts = score >= threshold;
    if (silent || (counts && this.silence.includes(best))) return { text: "Silence", sure: false };
    if (score < this.abstention) return { text: "Nothing it knows", sure: false };
    if (!counts) return { text: "No confident label", sure: false };
    return { text: this.names[best], sure: true };
  }

  /** @param {number[]} ranked labels, the best first @param {boolean} silent */
  arrange(ranked, silent) {
    const now = performance.now();
    const settled = this.order.length === Math.min(LABELS_SHOWN, this.names.length);
    if (settled && (silent || now - this.orderedAt <= REORDER_MILLISECONDS)) return;
    this.order = ranked.slice(0, LABELS_SHOWN);
    this.orderedAt = now;
  }

  newRow() {
    const row = make("li", "live-label");
    const [name, number] = [make("span", "live-name"), make("span", "in-number")];
    const bar = make("span", "in-fill");
    const track = make("span", "in-track");
    track.append(bar);
    row.append(name, number, track);
    this.list.append(row);
    return { row, name, number, bar };
  }
}
