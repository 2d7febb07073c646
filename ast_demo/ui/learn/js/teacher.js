// @ts-check
// For the teacher: a plan of 45 minutes, the worksheet, printing, and links to hand on.

import { button, make, setText } from "../../shared/dom.js";
import { linkOf } from "../../shared/links.js";
import { decodeBytes } from "../../shared/numbers.js";

export function makeTeacher(app, place, session) {
  const { texts, state } = app;
  const words = texts.words.teacher;
  const told = make("p", "in-muted", "", { role: "status" });
  const copy = button(texts.ui("copy"), copyLink, { class: "in-button" });
  const printing = button(words.print, () => print(), { class: "in-button" });
  const sheet = button(words.worksheet, worksheet, { class: "in-button" });
  const outline = check(words.outline, state.outline, (on) => app.set({ outline: on }));
  const answers = check(words.answers, state.answers, (on) => {
    app.set({ answers: on });
    app.ask();
  });
  const plan = make("table");
  plan.append(
    ...words.plan.map(([minutes, what]) => {
      const row = make("tr");
      row.append(make("th", "", minutes, { scope: "row" }), make("td", "", what));
      return row;
    }),
  );
  const fold = make("details");
  const row = make("div", "in-bar");
  row.append(sheet, printing, outline, answers);
  const command = make("p", "in-muted", `${words.command} `);
  command.append(make("code", "", "python -m ast_demo lesson SOUND -o worksheet.pdf"));
  fold.append(make("summary", "", words.title), make("p", "", words.intro), plan, row, command);
  place.replaceChildren(copy, told, fold);

  async function copyLink() {
    const link = linkOf(app.linkSettings(), app.props.space);
    try {
      await navigator.clipboard.writeText(link);
      setText(told, texts.ui("copied"));
    } catch {
      setText(told, texts.ui("copy_failed", { link })); // no clipboard without https
    }
  }

  async function worksheet() {
    setText(told, words.working);
    sheet.disabled = true;
    try {
      const { name, type, data } = await session.ask("learn_worksheet", {
        language: texts.language,
        title: app.sound.title,
      });
      const file = make("a", "", "", {
        href: URL.createObjectURL(new Blob([decodeBytes(data)], { type })),
        download: name,
      });
      file.click();
      setText(told, "");
    } catch (error) {
      setText(told, error.message);
    }
    sheet.disabled = false;
  }
}

function check(text, value, onChange) {
  const label = make("label", "ln-large");
  const input = make("input", "", "", { type: "checkbox" });
  input.checked = value;
  input.addEventListener("change", () => onChange(input.checked));
  label.append(input, make("span", "", text));
  return label;
}
