import { Asking } from "../../ast_demo/ui/learn/js/asking.js";
import { equal } from "./assert.js";

// The question of the last step without its page; `shown` lists what it says, `judge` answers.
function askingWithoutPage() {
  const shown = [];
  const judged = [];
  const texts = { ui: (key) => key, fill: (text) => text };
  const step = {
    id: "break",
    words: { question: "", choices: [], belief: ["", ""] },
    right: () => null,
    why: () => [],
    judge: () => new Promise((done, fail) => judged.push({ done, fail })),
  };
  const lesson = {
    texts,
    state: { revealed: {}, answers: false },
    step: () => step,
    facts: () => ({}),
    redraw() {},
  };
  const question = {
    ask: () => shown.push("asked"),
    say: (text) => shown.push(text),
    show: (verdict) => shown.push(verdict),
  };
  const asking = Object.assign(Object.create(Asking.prototype), { lesson, question, asked: 0 });
  return { asking, step, shown, judged };
}

Deno.test("a verdict is shown under the question that was judged", async () => {
  const { asking, step, shown, judged } = askingWithoutPage();
  asking.ask();
  const judging = asking.judge(step, 0);
  judged[0].done({ right: true, sentences: [] });
  await judging;
  equal(shown, ["asked", "waiting", "right"]);
});

Deno.test("a verdict on an earlier experiment is not shown under a new one", async () => {
  const { asking, step, shown, judged } = askingWithoutPage();
  asking.ask();
  const judging = [asking.judge(step, 0), asking.judge(step, 0)];
  asking.ask();
  judging.push(asking.judge(step, 1));
  judged[0].done({ right: true, sentences: [] });
  judged[1].fail(new Error("lost"));
  judged[2].done({ right: false, sentences: [] });
  await Promise.all(judging);
  equal(shown, ["asked", "waiting", "waiting", "asked", "waiting", "wrong"]);
});
