// @ts-check
// For the teacher: a plan of 45 minutes, the worksheet, printing, and links to hand on.

import { button, make, setText } from "../../shared/dom.js";
import { sentenceOf } from "../../shared/errors.js";
import { linkOf } from "../../shared/links.js";
import { decodeBytes } from "../../shared/numbers.js";
import { saveFile } from "../../shared/saveFile.js";

/** @import { Lesson } from "./lesson.js" */

/** @param {Lesson} lesson @param {HTMLElement} place */
export function showTeacherPart(lesson, place) {
  const { texts, state } = lesson;
  const words = texts.words.teacher;
  const told = make("p", "in-muted", "", { role: "status" });
  const copy = button(texts.ui("copy"), () => copyLink(lesson, told), { class: "in-button" });
  const sheet = button(words.worksheet, () => downloadWorksheet(lesson, sheet, told), {
    class: "in-button",
  });
  const row = make("div", "in-bar");
  row.append(
    sheet,
    button(words.print, () => print(), { class: "in-button" }),
    checkBox(words.outline, state.outline, (on) => lesson.set({ outline: on })),
    checkBox(words.answers, state.answers, (on) => {
      lesson.set({ answers: on });
      lesson.ask();
    }),
  );
  const command = make("p", "in-muted", `${words.command} `);
  command.append(make("code", "", "python -m ast_demo lesson SOUND -o worksheet.pdf"));
  const fold = make("details");
  fold.append(
    make("summary", "", words.title),
    make("p", "", words.intro),
    planTable(words.plan),
    row,
    command,
  );
  place.replaceChildren(copy, told, fold);
}

/** @param {[string, string][]} plan minutes, what is done */
function planTable(plan) {
  const table = make("table");
  for (const [minutes, what] of plan) {
    const row = make("tr");
    row.append(make("th", "", minutes, { scope: "row" }), make("td", "", what));
    table.append(row);
  }
  return table;
}

/** @param {Lesson} lesson @param {HTMLElement} told */
async function copyLink(lesson, told) {
  const link = linkOf(lesson.linkSettings(), lesson.props.space);
  try {
    await navigator.clipboard.writeText(link);
    setText(told, lesson.texts.ui("copied"));
  } catch {
    setText(told, lesson.texts.ui("copy_failed", { link })); // no clipboard without https
  }
}

/** @param {Lesson} lesson @param {HTMLButtonElement} asked @param {HTMLElement} told */
async function downloadWorksheet({ session, texts, sound }, asked, told) {
  setText(told, texts.words.teacher.working);
  asked.disabled = true;
  try {
    const wish = { language: texts.language, title: sound.title };
    const { name, type, data } = await session.ask("learn_worksheet", wish);
    saveFile(new File([decodeBytes(data)], name, { type }));
    setText(told, "");
  } catch (error) {
    setText(told, sentenceOf(error));
  }
  asked.disabled = false;
}

/** @param {string} text @param {boolean} value @param {(on: boolean) => void} onChange */
function checkBox(text, value, onChange) {
  const label = make("label", "ln-large");
  const input = make("input", "", "", { type: "checkbox" });
  input.checked = value;
  input.addEventListener("change", () => onChange(input.checked));
  label.append(input, make("span", "", text));
  return label;
}
