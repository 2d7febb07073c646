"""The explorer: a canvas component in plain JavaScript, fed with one payload per sound.

Its sources lie beside this file as ES modules; gr.HTML runs a component's JavaScript as the body
of one function, so the modules are joined to one, without a build step. Templates are static:
labels and file names reach the page as text only.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ast_demo.ui.shared.bundle import bundle

SOURCES = Path(__file__).resolve().parent


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
    return bundle(
        SOURCES / "explorer.js", "startExplorer({ element, watch, props, server, trigger });"
    )
