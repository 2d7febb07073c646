"""JavaScript of a component: ES modules joined to the one function body that gr.HTML runs."""

from __future__ import annotations

import re
from pathlib import Path

UI_FOLDER = Path(__file__).resolve().parents[1]
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[./\w-]+\.js)";$', re.MULTILINE)
_COMMENTS = re.compile(r"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/)\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class) (\w+))", re.MULTILINE)


def bundle(entry: Path, start: str) -> str:
    """Join a module with all that it imports, and run a statement.

    Each module becomes a function of its own that returns what it exports, so that names inside
    modules cannot meet. A module stands after those that it imports. Comments stay at home.

    Args:
        entry: the module that starts the component.
        start: a statement; it sees what `entry` exports.

    Raises:
        ValueError: if modules import each other in a circle.
    """
    parts = [_as_function(path) for path in module_order(entry)]
    exported = ", ".join(_EXPORT.findall(entry.read_text(encoding="utf-8")))
    return "\n".join([*parts, f"const {{ {exported} }} = {module_name(entry)};", start])


def module_order(entry: Path) -> list[Path]:
    """Return a module and all that it imports, each after those it imports itself.

    Raises:
        ValueError: if modules import each other in a circle.
    """
    order: list[Path] = []
    open_modules: list[Path] = []

    def visit(path: Path) -> None:
        if path in order:
            return
        if path in open_modules:
            circle = " -> ".join(p.name for p in [*open_modules, path])
            raise ValueError(f"modules import each other in a circle: {circle}")
        open_modules.append(path)
        for _, target in _IMPORT.findall(path.read_text(encoding="utf-8")):
            visit((path.parent / target).resolve())
        order.append(open_modules.pop())

    visit(entry.resolve())
    return order


def _as_function(path: Path) -> str:
    source = without_comments(path.read_text(encoding="utf-8"))

    def as_constant(match: re.Match) -> str:
        return f"const {{{match[1]}}} = {module_name(path.parent / match[2])};"

    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(as_constant, source))
    return f"const {module_name(path)} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def without_comments(source: str) -> str:
    """Drop the comments that have lines of their own, a fifth of what a browser would load.

    That no module has a text with such a line in it is tested on the syntax of each.
    """
    return _COMMENTS.sub("", source)


def module_name(path: Path) -> str:
    """Return the constant that holds a module's exports in what `bundle` makes."""
    relative = path.resolve().relative_to(UI_FOLDER).with_suffix("")
    return "module_" + re.sub(r"\W", "_", relative.as_posix())
