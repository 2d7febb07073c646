"""JavaScript of a component: ES modules joined to the one function body that gr.HTML runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
_IMPORT = re.compile(r'^import \{([^}]*)\} from "[./\w-]*?(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class) (\w+))", re.MULTILINE)


def sources(*names: str) -> tuple[Path, ...]:
    """Return the files of modules, such as "live/ribbon"."""
    return tuple(_FOLDER / f"{name}.js" for name in names)


def joined(modules: Iterable[Path], start: str) -> str:
    """Join modules, each of which imports only from those before it, and run a statement.

    Each module becomes a function of its own that returns what it exports, so that names inside
    modules cannot meet. The statement finds what a module exports as `module_<name>.<export>`.
    """
    parts = [_as_function(path) for path in modules]
    return "\n".join([*parts, start])


def _as_function(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const {\1} = module_\2;", source))
    return f"const module_{path.stem} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"
