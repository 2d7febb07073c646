"""The Live tab: the page follows the microphone.

The component records by itself and sends 16-bit chunks at the device's rate to a server function,
the next when the last was answered. Gradio's streaming recorder would upload each chunk as a file
and replace a chunk that waits by the one after it, so sound would get lost while the server is
busy; and it leaves the browser's noise suppression on, which removes the very sounds to be named.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ast_demo.ui.live_server import server_functions
from ast_demo.ui.modules import joined, sources
from ast_demo.ui.shared import Shared

SOURCES = Path(__file__).resolve().parent / "live"
MODULES = sources(
    *(f"explorer/{name}" for name in ("numbers", "dom", "geometry", "colour")),
    *("canvas", "sound/wav", "sound/microphone"),
    *(f"live/{name}" for name in ("collector", "stream", "scroll", "ribbon", "heard", "now")),
    *(f"live/{name}" for name in ("gauges", "options", "live")),
)
WORDS_MODEL = "speech-commands"  # bundled; the page points to it if it is offered


def build_live_tab(shared: Shared) -> None:
    """Add the tab to the page being built."""
    with gr.Tab("Live", id="live", elem_id="live-tab"):
        component = gr.HTML(
            value={"model": shared.services.models.default},
            html_template=(SOURCES / "live.html").read_text(encoding="utf-8"),
            js_on_load=joined(
                MODULES, "module_live.startLive({ element, watch, props, server, trigger });"
            ),
            server_functions=server_functions(shared.services),
            words=WORDS_MODEL if WORDS_MODEL in shared.services.models.names[1:] else None,
            apply_default_css=False,
            elem_id="live",
            elem_classes="flush",
        )
    shared.switched.success(
        lambda model: {"model": model},
        [shared.model],
        [component],
        show_progress="hidden",
        api_visibility="private",
    )

    def opened(model: str, event: gr.EventData):  # Gradio reads the type hints: no partial here
        yield from shared.open_steps(model, event)

    component.moment(opened, [shared.model], shared.open_outputs, **shared.open_settings)
