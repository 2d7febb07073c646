// @ts-check
// Small helpers that build page elements. Text always enters as text, never as HTML.

import { clamp } from "./numbers.js";

// Radio groups need names of their own, also beside those of another tab's copy of this module.
const COPY = Math.random().toString(36).slice(2, 8);
let serial = 0;

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {string} [text]
 * @param {Record<string, string | number>} [attributes]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className = "", text = "", attributes = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

/**
 * The element that a component's HTML is known to hold.
 * @template {HTMLElement} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} [kind] its class, where more than an element is wanted
 * @returns {Kind}
 * @throws {Error} if it is missing, or of another class
 */
export function partOf(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`The page lacks ${selector}.`);
  return /** @type {Kind} */ (found);
}

/** Set a text unless it stands there. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A row of exclusive choices.
 * @template {string} Value
 * @param {string} title
 * @param {string[][]} options value, text
 * @param {Value} value
 * @param {(choice: Value) => void} onChange
 */
export function segmented(title, options, value, onChange) {
  const group = make("fieldset", "ex-segmented");
  group.append(make("legend", "ex-caption", title));
  const name = `choice-${COPY}-${serial++}`;
  const row = make("div", "ex-segments");
  for (const [choice, text] of options) {
    const label = make("label");
    const input = make("input", "", "", { type: "radio", name, value: choice });
    input.checked = choice === value;
    input.addEventListener("change", () => onChange(/** @type {Value} */ (choice)));
    label.append(input, make("span", "", text));
    row.append(label);
  }
  group.append(row);
  return {
    node: group,
    /** @param {Value} choice */
    set(choice) {
      for (const input of group.querySelectorAll("input")) input.checked = input.value === choice;
    },
    /** @param {Value} choice @param {boolean} allowed */
    allow(choice, allowed) {
      /** @type {HTMLInputElement | null} */
      const input = group.querySelector(`input[value="${choice}"]`);
      if (input) input.disabled = !allowed;
    },
  };
}

/**
 * @param {string} title
 * @param {{ min: number, max: number, step: number, value: number }} range
 * @param {(value: number) => string} format
 * @param {(value: number) => void} onInput
 */
export function slider(title, { min, max, step, value }, format, onInput) {
  const label = make("label", "ex-slider");
  const input = make("input", "", "", { type: "range", min, max, step });
  const output = make("output", "ex-number", format(value));
  input.value = String(value);
  input.addEventListener("input", () => {
    output.textContent = format(Number(input.value));
    onInput(Number(input.value));
  });
  label.append(make("span", "ex-caption", title), input, output);
  return {
    node: label,
    /** @param {number} number */
    set(number) {
      input.value = String(number);
      output.textContent = format(number);
    },
    /** @param {number} most */
    limit(most) {
      input.max = String(most);
      this.set(clamp(Number(input.value), Number(input.min), most));
    },
  };
}

/**
 * A choice out of many.
 * @param {string} title
 * @param {string[][]} options value, text
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export function choice(title, options, value, onChange) {
  const label = make("label", "ex-choice");
  const select = make("select");
  const offer = (/** @type {string[][]} */ offered) =>
    select.replaceChildren(
      ...offered.map(([option, text]) => make("option", "", text, { value: option })),
    );
  offer(options);
  select.value = value;
  select.addEventListener("change", () => onChange(select.value));
  const caption = make("span", "ex-caption", title);
  label.append(caption, select);
  return {
    node: label,
    offer,
    /** @param {string} text */
    title: (text) => setText(caption, text),
    /** @param {string} option */
    set(option) {
      select.value = option;
    },
    /** @param {string} option @param {string} text */
    rename(option, text) {
      const found = select.querySelector(`option[value="${option}"]`);
      if (found) setText(found, text);
    },
  };
}

/**
 * @param {string} text
 * @param {(event: MouseEvent) => void} onClick
 * @param {Record<string, string>} [attributes]
 */
export function button(text, onClick, attributes = {}) {
  const node = make("button", "ex-button", text, { type: "button", ...attributes });
  node.addEventListener("click", onClick);
  return node;
}
