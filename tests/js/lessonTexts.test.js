import { chooseLanguage, makeTexts } from "../../ast_demo/ui/learn/js/texts.js";
import { equal } from "./assert.js";

const english = makeTexts({ ui: {} }, "en");
const german = makeTexts({ ui: {} }, "de");

Deno.test("numbers are written as the language does", () => {
  equal([english.number(80000), german.number(80000)], ["80,000", "80.000"]);
  equal([english.signed(-0.5), german.signed(1.5)], ["\u22120.50", "+1,50"]);
});

Deno.test("as many digits as count, tiny numbers by their power of ten", () => {
  equal([0, 1234.5, 0.00166, 0.000824].map((value) => english.short(value)), [
    "0",
    "1,235",
    "0.00166",
    "0.000824",
  ]);
  equal([9.54e-7, -1.26e-5].map((value) => german.short(value)), [
    "9,5e\u22127",
    "\u22121,3e\u22125",
  ]);
});

Deno.test("the language is the first wish that is offered", () => {
  equal(chooseLanguage(["en", "de"], ["fr-CH", "de-AT", "en"]), "de");
  equal(chooseLanguage(["en", "de"], ["fr"]), "en");
});
