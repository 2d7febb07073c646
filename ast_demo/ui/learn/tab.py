"""The Learn tab: one sound from air pressure to labels in twelve steps, with a question each.

Its script is fetched when the tab is opened, so that the page does not carry it for everybody.
"""

from __future__ import annotations

import os
from pathlib import Path

import gradio as gr

from ast_demo.explain.lesson import lesson_languages
from ast_demo.ui.explore.tab import example_title
from ast_demo.ui.learn.server_functions import server_functions
from ast_demo.ui.shared.context import PageContext

SOURCES = Path(__file__).resolve().parent
# As gr.HTML itself does with js_on_load.
LOADER = """
server.learn_code({}).then(({ code }) =>
  new Function("element", "watch", "props", "server", code)(element, watch, props, server));
"""


def build_learn_tab(shared: PageContext) -> None:
    """Add the tab to the page being built."""
    services = shared.services
    with gr.Tab("Learn", id="learn", elem_id="learn-tab"):
        component = gr.HTML(
            value={"model": services.models.default},
            html_template=(SOURCES / "learn.html").read_text(encoding="utf-8"),
            js_on_load=LOADER,
            server_functions=server_functions(services),
            default_model=services.models.default,
            models=services.models.names,
            examples=[
                {"name": clip.stem, "file": clip.name, "title": example_title(clip)}
                for clip in services.example_clips()
            ],
            languages=lesson_languages(),
            keep_seconds=services.limits.keep_seconds,
            space=os.environ.get("SPACE_ID", ""),
            apply_default_css=False,
            elem_id="learn",
            elem_classes="flush",
        )
    shared.tell_model(component)
