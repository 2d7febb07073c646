import { durationText, entriesAsCsv, Heard } from "../../ast_demo/ui/live/js/heard.js";
import { close, equal } from "./assert.js";

const WINDOW = 5;

// Scores of one label as a window of 5 s slides over a sound from `start` to `end`.
function slide(heard, start, end, until, step = 0.25) {
  for (let at = step; at <= until; at += step) {
    const held = Math.min(at, end) - Math.max(at - WINDOW, start);
    heard.add(at, Math.min(at, WINDOW), new Uint8Array([held > 0.4 ? 230 : 0]), false);
  }
}

Deno.test("a sound lasts as long as it sounded, not as long as windows held it", () => {
  const heard = new Heard([], 0.4);
  slide(heard, 10, 15, 30);
  equal(heard.entries.length, 1);
  const [bark] = heard.entries;
  close(bark.from, 10, 0.8, "its beginning");
  close(bark.end, 15, 0.8, "its end");
  equal(durationText(bark, WINDOW), "about 5 s");
});

Deno.test("while the window holds a sound only that is known", () => {
  const heard = new Heard([], 0.4);
  slide(heard, 10, 11, 12);
  equal(durationText(heard.entries[0], WINDOW), "in the last 5 s");
});

Deno.test("one look alone enters nothing, and silence is nothing to be heard", () => {
  const heard = new Heard([1], 0.4);
  heard.add(1, 5, new Uint8Array([0, 200]), false);
  heard.add(1.2, 5, new Uint8Array([200, 200]), false);
  heard.add(1.4, 5, new Uint8Array([0, 200]), false);
  equal(heard.entries, []);
});

Deno.test("the list is a table that no spreadsheet takes for formulas", () => {
  const heard = new Heard([], 0.4);
  for (const at of [1, 1.2]) heard.add(at, 1, new Uint8Array([255]), false);
  const lines = entriesAsCsv(heard.entries, ['=cmd"']).split("\r\n");
  equal(lines.length, 3);
  equal(lines[1].split(",").slice(1), ["1.00", "0.00", `"'=cmd"""`, "1.000"]);
});

Deno.test("no entry lasts through a pause: what sounds afterwards is another", () => {
  const heard = new Heard([], 0.4);
  slide(heard, 2, 20, 10);
  heard.cut();
  for (const at of [70, 70.2]) heard.add(at, 1, new Uint8Array([230]), false);
  equal(heard.entries.map(({ open }) => open), [true, false]);
  close(heard.entries[0].from, 70, 0.3, "the later one");
  close(heard.entries[1].end, 5, 0.3, "the earlier one"); // its last window began there
});
