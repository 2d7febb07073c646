"""The explorer: a canvas component in plain JavaScript, fed with one payload per sound.

Its sources lie in explorer/ as ES modules. gr.HTML runs a component's JavaScript as the body of one
function, so the modules are joined here and their import and export words dropped; there is no
build step. Templates are static: labels and file names reach the page as text only.
"""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr

SOURCES = Path(__file__).resolve().parent / "explorer"
MODULES = (  # each imports only from those before it
    "numbers",
    "dom",
    "geometry",
    "colour",
    "sound",
    "maps",
    "view",
    "picture",
    "marks",
    "legend",
    "readout",
    "answers",
    "heat",
    "describe",
    "controls",
    "labels",
    "listen",
    "stage",
    "patchcard",
    "sheet",
    "deletion",
    "takeaway",
    "explorer",
)

_IMPORT = re.compile(r'^import [^;]*? from "\./\w+\.js";$', re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?=async|function|const|let|class)", re.MULTILINE)


def explorer(value: dict | None = None, **options) -> gr.HTML:
    """Make the component; its value is a payload, `busy(...)`, `failed(...)` or None.

    Args:
        value: what to show first.
        options: further arguments of gr.HTML, such as elem_id, or server_functions: those of
            explorer_server, without which the explorer shows only what the payload holds.
    """
    return gr.HTML(
        value=value,
        html_template=(SOURCES / "explorer.html").read_text(encoding="utf-8"),
        css_template=(SOURCES / "explorer.css").read_text(encoding="utf-8"),
        js_on_load=javascript(),
        apply_default_css=False,
        **options,
    )


def busy(stage: str) -> dict:
    """Return a value that dims the present picture and names what is going on."""
    return {"status": "busy", "stage": stage}


def failed(message: str) -> dict:
    """Return a value that shows one sentence of error above the present picture."""
    return {"status": "error", "message": message}


def javascript() -> str:
    """Join the modules to one function body that starts the explorer."""
    parts = [module_body((SOURCES / f"{name}.js").read_text(encoding="utf-8")) for name in MODULES]
    return "\n".join([*parts, "startExplorer(element, watch, props, server);"])


def module_body(source: str) -> str:
    """Drop the import statements and export words of a module."""
    return _EXPORT.sub("", _IMPORT.sub("", source))
