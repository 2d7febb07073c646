// Take it away: files of the present view, and the Python that makes it again.

import { button, make, setText } from "./dom.js";
import { heatRequest } from "./heat.js";
import { decodeBytes } from "./numbers.js";

const FILES = [
  ["png", "PNG", "Picture for print"],
  ["svg", "SVG", "Picture that scales"],
  ["csv", "CSV", "All labels with scores"],
  ["npz", "NPZ", "Arrays for NumPy"],
  ["json", "JSON", "Report with provenance"],
];

export function makeTakeaway(app, panel) {
  const { state } = app;
  const row = make("div", "ex-row");
  const note = make("span", "ex-muted", "", { role: "status" });
  row.append(make("span", "ex-caption", "Take it away"));
  for (const [kind, text, title] of FILES) row.append(button(text, () => fetchFile(kind), { title }));
  const code = make("pre", "ex-code", "", { tabindex: "0", "aria-label": "Python code" });
  const copy = button("Copy", copyCode);
  const recipe = make("details", "ex-recipe");
  recipe.append(make("summary", "", "The same in Python"), code, copy);
  row.append(note);
  panel.append(row, recipe);

  async function fetchFile(kind) {
    setText(note, "Preparing the file\u2026");
    const { sound } = app;
    const { colours, style, grid, axis } = state;
    const request = { id: sound.id, kind, title: sound.payload.title };
    request.view = { colours, style, grid, axis, heat: state.heat === "none" ? null : heatRequest(app) };
    try {
      const { name, type, data } = await app.answers.ask("export", request);
      save(new Blob([decodeBytes(data)], { type }), name);
      setText(note, "");
    } catch (error) {
      setText(note, error.message);
    }
  }

  async function copyCode() {
    try {
      await navigator.clipboard.writeText(code.textContent);
      setText(note, "Copied.");
    } catch {
      getSelection().selectAllChildren(code); // no clipboard outside https and localhost
      setText(note, "Press Ctrl+C to copy the marked code.");
    }
  }

  return () => setText(code, pythonFor(app));
}

function save(blob, name) {
  const link = make("a", "", "", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// JSON strings are Python strings, too.
export function pythonFor({ state, sound }) {
  const { title, model } = sound.payload;
  const lines = [
    "from ast_demo import AudioClassifier, load_audio",
    "",
    `classifier = AudioClassifier.load(${JSON.stringify(model.name)})`,
    `explanation = classifier.explain(load_audio(${JSON.stringify(title)}))`,
    "print(explanation.top(5))",
  ];
  if (state.heat !== "none") {
    lines.push(
      `heat = explanation.${heatCall(heatRequest({ state, sound }))}`,
      "heatmap = explanation.grid.spread(heat)  # (mel bins, frames)",
    );
  }
  return lines.join("\n") + "\n";
}

function heatCall(request) {
  if (request.kind === "rollout") return "rollout";
  if (request.kind === "relevance") return `relevance(${JSON.stringify(request.label ?? "")})`;
  const head = request.head === null ? "None" : request.head;
  return `attention(layer=${request.layer}, head=${head}, token=${JSON.stringify(request.token)})`;
}
