import { isLinked, linkedPlaces, viewSettings } from "../../ast_demo/ui/explore/openLink.js";
import { isSamePicture } from "../../ast_demo/ui/explore/state/opened.js";
import { linkOf, readLink } from "../../ast_demo/ui/shared/links.js";
import { equal } from "./assert.js";

Deno.test("settings of a link are read", () => {
  equal(readLink("?view=learn&step=patches&stride=12&sound=siren&patch=368"), {
    view: "learn",
    step: "patches",
    stride: 12,
    sound: "siren",
    patch: 368,
  });
  equal(readLink("?model=MIT/ast-finetuned-speech-commands-v2&answers=1"), {
    model: "MIT/ast-finetuned-speech-commands-v2",
    answers: "1",
  });
});

Deno.test("nonsense is left out", () => {
  const wrong = [
    "view=admin",
    "step=patch",
    "stride=5",
    "stride=1e1",
    "patch=-1",
    "sound=../../etc/passwd",
    "sound=%3Cscript%3E",
    "model=..%2F..%2Fetc",
    "heat=all",
    "layer=1000",
    "answers=2",
    "lang=english",
    "__proto__=1",
    "constructor=1",
  ];
  for (const part of wrong) equal(readLink(`?${part}`), {}, part);
});

Deno.test("a link on a Space is that of its page on the Hub", () => {
  const link = linkOf({ view: "learn", step: "air", stride: null }, "someone/ast");
  equal(link, "https://huggingface.co/spaces/someone/ast?view=learn&step=air");
});

Deno.test("a link to a view says what is shown and nothing of one's own sound", () => {
  const grid = { timePatches: 50 };
  const payload = { model: { name: "everyday-sounds" }, source: { example: "siren.flac" } };
  const state = { heat: "layer", layer: 3, head: 2, labels: ["Siren"], patch: { f: 7, t: 18 } };
  const address = (change, source) => {
    const shown = { grid, payload: { ...payload, source } };
    return readLink(new URL(linkOf(viewSettings({ ...state, ...change }, shown), "me/ast")).search);
  };
  const example = { sound: "siren" };
  const plain = { view: "explore", model: "everyday-sounds" };
  equal(address({}, payload.source), {
    ...plain,
    ...example,
    heat: "layer",
    layer: 3,
    head: 2,
    patch: 368,
  });
  const label = { heat: "label", head: -1, patch: null };
  equal(address(label, payload.source), { ...plain, ...example, heat: "label", label: "Siren" });
  equal(address({ ...label, heat: "none" }, { path: "/tmp/own.wav" }), { ...plain, heat: "none" });
});

Deno.test("a link waits for its sound and for its model, if the page offers that", () => {
  const models = ["everyday", "words"];
  const heard = (model, example) => ({ model: { name: model }, source: { example } });
  const link = { model: "words", sound: "rain" };
  equal(isLinked(link, heard("words", "rain.wav"), models), true);
  equal(isLinked(link, heard("everyday", "rain.wav"), models), false);
  equal(isLinked(link, heard("words", "siren.wav"), models), false);
  equal(isLinked({ ...link, model: "unknown" }, heard("everyday", "rain.wav"), models), true);
  equal(isLinked({ model: "words" }, heard("words", "siren.wav"), models), true);
});

Deno.test("the layer of a link survives a model that has fewer", () => {
  const sound = (layers) => ({
    grid: { patches: 4, timePatches: 2 },
    attention: { layers, heads: 2 },
    payload: { labels: [] },
  });
  const link = { layer: 5, head: 1 };
  const { layer, head } = linkedPlaces(link, sound(3), { layer: 0, head: -1 });
  equal([layer, head], [2, 1]);
  equal(linkedPlaces(link, sound(6), { layer, head }).layer, 5);
});

Deno.test("a picture is the same if sound, part and model are, however often it is made", () => {
  const model = { name: "everyday-sounds" };
  const source = { example: "rain.flac", start: 0 };
  const one = { id: "a", model, source };
  const same = (change) => isSamePicture(one, { ...one, id: "b", ...change });
  equal(same({}), true);
  equal(same({ source: { example: "rain.flac" } }), true);
  equal(same({ source: { example: "rain.flac", start: 2.5 } }), false);
  equal(same({ source: { example: "siren.flac", start: 0 } }), false);
  equal(same({ source: { path: "rain.flac", start: 0 } }), false);
  equal(same({ model: { name: "speech-commands" } }), false);
  equal(same({ source: null }), false);
  equal(same({ id: "a", source: null }), true);
});
