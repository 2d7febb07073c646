// Whether scripts in two folders say the same: `deno test sameSyntax.js -- FOLDER FOLDER`.

import { equal } from "./assert.js";

const [folder, other] = Deno.args;

// Every node of the syntax tree in the order of the text, with its name or value.
function syntaxOf(source) {
  const nodes = [];
  const visit = (node) => {
    const { type, name, raw, operator, cooked } = node;
    nodes.push([type, name, raw, operator, cooked]);
  };
  const list = { create: () => ({ "*": visit }) };
  Deno.lint.runPlugin({ name: "syntax", rules: { list } }, "module.js", source);
  return nodes;
}

for (const { name } of Deno.readDirSync(folder)) {
  Deno.test(`${name} says the same`, () => {
    const [one, two] = [folder, other].map((place) =>
      syntaxOf(Deno.readTextFileSync(`${place}/${name}`))
    );
    equal(two, one, name);
  });
}
