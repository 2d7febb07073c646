"""The Live tab: the page follows the microphone.

The component records by itself and sends 16-bit chunks at the device's rate to a server function,
the next when the last was answered. Gradio's streaming recorder would upload each chunk as a file
and replace a chunk that waits by the one after it, so sound would get lost while the server is
busy; and it leaves the browser's noise suppression on, which removes the very sounds to be named.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ast_demo.ui.live.server_functions import server_functions
from ast_demo.ui.shared.bundle import bundle
from ast_demo.ui.shared.context import PageContext

SOURCES = Path(__file__).resolve().parent
WORDS_MODEL = "speech-commands"  # bundled; the page points to it if it is offered


def build_live_tab(shared: PageContext) -> None:
    """Add the tab to the page being built."""
    with gr.Tab("Live", id="live", elem_id="live-tab"):
        component = gr.HTML(
            value={"model": shared.services.models.default},
            html_template=(SOURCES / "live.html").read_text(encoding="utf-8"),
            js_on_load=bundle(
                SOURCES / "js" / "live.js", "startLive({ element, watch, props, server, trigger });"
            ),
            server_functions=server_functions(shared.services),
            words=WORDS_MODEL if WORDS_MODEL in shared.services.models.names[1:] else None,
            apply_default_css=False,
            elem_id="live",
            elem_classes="flush",
        )
    shared.tell_model(component)
    shared.open_in_explore(component.moment)
