"""The page's JavaScript is linted, formatted, type-checked and unit-tested by deno."""

import re

import pytest

from ast_demo.ui.shared.bundle import without_comments
from tests.helpers.deno import ROOT

MODULES = sorted((ROOT / "ast_demo").rglob("*.js"))
TESTS = sorted((ROOT / "tests" / "js").glob("*.js"))
LINE_LENGTH = 100  # deno formats code to it, but breaks neither comments nor strings
FUNCTION_LINES = 60  # what a screen shows


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint",),
        ("fmt", "--check"),
        ("check", "ast_demo", "tests/js"),
        ("test", "--no-check", "--no-remote", "tests/js"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_javascript_is_clean(deno, arguments):
    assert deno is None or deno.complaint(*arguments) == ""


def test_every_module_is_type_checked():
    """`deno check` passes over a module that does not ask for it in its first line."""
    unchecked = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if not path.read_text(encoding="utf-8").startswith("// @ts-check\n")
    ]
    assert unchecked == []


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path.relative_to(ROOT)}:{number}: {length} lines"
        for path in [*MODULES, *TESTS]
        for number, length in blocks_of(path.read_text(encoding="utf-8"))
        if length > FUNCTION_LINES
    ]
    assert long == []


def blocks_of(source: str) -> list[tuple[int, int]]:
    """Return the first line and the length of every block in braces but classes.

    deno's formatter leaves no other way to write them: a block opens at the end of a line, and the
    brace that closes it stands at that line's indentation. Functions are blocks; others, such as
    loops, are no longer than the function around them.
    """
    found = []
    opened = {}  # indentation -> number and text of the line where what is there began
    for number, line in enumerate(source.splitlines(), start=1):
        text = line.lstrip()
        indentation = len(line) - len(text)
        if text and text[0] not in ")}]":
            opened[indentation] = number, text
        elif text:
            first, opening = opened[indentation]
            if not re.match(r"(?:export )?class ", opening):
                found.append((first, number - first + 1))
    return found


@pytest.mark.parametrize(
    "source",
    [
        "export function f(a) {\n  a();\n}\n",
        "class A {\n  f(\n    a,\n  ) {\n  }\n}\n",
        "const f = (a) => {\n  a();\n};\n",
        "export function f() {\n  return {\n    a,\n  };\n}\n",
    ],
    ids=["function", "method in a class", "arrow", "nested"],
)
def test_blocks_are_measured_from_their_first_line_to_their_brace(source):
    lines = source.count("\n")
    expected = lines - 2 if source.startswith("class") else lines
    assert max(length for _, length in blocks_of(source)) == expected


def test_lines_end_by_column_100():
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*MODULES, *TESTS]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > LINE_LENGTH
    ]
    assert long == []


def test_without_its_comments_a_module_says_the_same(deno, tmp_path):
    """The pattern that finds comments knows no strings: the syntax of each module tells."""
    folders = [tmp_path / "whole", tmp_path / "bare"]
    for folder in folders:
        folder.mkdir()
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix().replace("/", "_")
        for folder, text in zip(folders, (source, without_comments(source))):
            (folder / name).write_text(text, encoding="utf-8")
    command = ("test", "--no-check", "--no-remote", "--allow-read", "tests/js/sameSyntax.js", "--")
    assert deno is None or deno.complaint(*command, *map(str, folders)) == ""
