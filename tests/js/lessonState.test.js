import { firstState, linkSettings, placeIn } from "../../ast_demo/ui/learn/js/state.js";
import { readLink, STEP_IDS } from "../../ast_demo/ui/shared/links.js";
import { equal } from "./assert.js";

const sound = {
  loudest: 3,
  stages: { hop: 160 },
  attention: { layers: 8, heads: 6 },
  values: new Float32Array(32 * 4),
  numFrames: 4,
  grid: {
    bins: 32,
    frames: 4,
    size: 2,
    frequencyStride: 10,
    timeStride: 10,
    freqPatches: 1,
    timePatches: 1,
    patches: 1,
  },
};

function opened(query) {
  const link = readLink(query);
  const state = firstState(link);
  placeIn(state, sound, link);
  return state;
}

Deno.test("a link opens each of the twelve steps", () => {
  equal(STEP_IDS.map((step) => opened(`?step=${step}`).step), STEP_IDS.map((_, index) => index));
});

Deno.test("nonsense opens the lesson with its defaults", () => {
  const plain = opened("");
  equal(opened("?step=../x&stride=99&patch=-1&layer=x&head=y&answers=2"), plain);
  equal([plain.step, plain.fstride, plain.tstride, plain.head], [0, 10, 10, "mean"]);
});

Deno.test("a layer, head or card that this model lacks is left out", () => {
  const state = opened("?step=listening&layer=99&head=99&patch=999");
  equal([state.layer, state.head, state.patch], [7, "mean", { f: 0, t: 0 }]);
});

const AROUND = { example: "siren", model: "first", firstModel: "first", language: null };

function linked(query, around = AROUND) {
  const settings = linkSettings(opened(query), sound.grid, around);
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

Deno.test("a link names the step and the sound, and what differs from what holds at first", () => {
  const common = { view: "learn", step: "listening", sound: "siren" };
  equal(linked("?step=listening"), { ...common, patch: 0 });
  const query = "?step=listening&layer=3&head=2&answers=1";
  equal(linked(query), { ...common, patch: 0, layer: 3, head: "2", answers: "1" });
  equal(linked("?step=air&layer=3"), { ...common, step: "air" });
});

Deno.test("a link names the model that is looked at, unless it is the page's first", () => {
  const model = (now) => linked("?step=air", { ...AROUND, model: now }).model ?? null;
  equal([model("first"), model("second")], [null, "second"]);
});
