"""Modules are joined in the order of their imports."""

import re

import pytest

from ast_demo.ui.shared import bundle
from ast_demo.ui.shared.bundle import UI_FOLDER, module_order

ENTRIES = [
    UI_FOLDER / "check" / "js" / "check.js",
    UI_FOLDER / "explore" / "explorer.js",
    UI_FOLDER / "explore" / "recordButton.js",
    UI_FOLDER / "learn" / "js" / "lesson.js",
    UI_FOLDER / "live" / "js" / "live.js",
    UI_FOLDER / "shared" / "links.js",
    UI_FOLDER / "sound" / "fileInput.js",
    UI_FOLDER / "timeline" / "js" / "timeline.js",
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda path: path.stem)
def test_every_module_stands_after_those_that_it_imports(entry):
    order = module_order(entry)
    for place, path in enumerate(order):
        source = path.read_text(encoding="utf-8")
        imported = re.findall(r'^import [^"]* from "([^"]+)";$', source, re.MULTILINE)
        wanted = {(path.parent / target).resolve() for target in imported}
        assert wanted <= set(order[:place]), path.name


def test_every_module_belongs_to_a_component():
    reached = {path for entry in ENTRIES for path in module_order(entry)}
    types_alone = {path.resolve() for path in UI_FOLDER.rglob("types.js")}
    assert reached == {path.resolve() for path in UI_FOLDER.rglob("*.js")} - types_alone


def test_a_circle_of_imports_is_named(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        module_order(tmp_path / "a.js")


def test_a_statement_sees_what_the_entry_exports(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "UI_FOLDER", tmp_path)
    (tmp_path / "one.js").write_text("export const ONE = 1;\n")
    entry = tmp_path / "two.js"
    entry.write_text('import { ONE } from "./one.js";\nexport function two() { return ONE + 1; }\n')
    joined = bundle.bundle(entry, "return two();")
    assert joined.index("module_one") < joined.index("module_two")
    assert joined.endswith("const { two } = module_two;\nreturn two();")


def test_only_comments_with_lines_of_their_own_are_dropped():
    source = """// of the module
/** @param {number} a of ** stars */
export function half(a) {
  /**
   * Of several lines.
   */
  const b = a / 2; // stays
  return `// ${b} */`;
}
"""
    kept = """export function half(a) {
  const b = a / 2; // stays
  return `// ${b} */`;
}
"""
    assert bundle.without_comments(source) == kept
