"""The Check tab: decide in two minutes whether to trust a model on these sounds.

Its script is fetched when the tab is opened, so that the page does not carry it for everybody.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ast_demo.ui.check.home_command import SAME_MODEL
from ast_demo.ui.check.kept_checks import kept_checks
from ast_demo.ui.check.server_functions import server_functions
from ast_demo.ui.check.views import check_views
from ast_demo.ui.services.cancellation import CancellableRuns
from ast_demo.ui.services.visitor import current_visitor
from ast_demo.ui.shared.bundle import bundle
from ast_demo.ui.shared.context import QUIET, PageContext
from ast_demo.ui.sound.file_input import ACCEPTED, readable_function

SOURCES = Path(__file__).resolve().parent
# As gr.HTML itself does with js_on_load, in which it looks for the names of events in quotes.
LOADER = """
// what is fetched triggers "asked", "given_up" and "sound"
server.check_code({}).then(({ code }) =>
  new Function("element", "watch", "props", "server", "trigger", "upload", code)(
    element, watch, props, server, trigger, upload));
"""


def build_check_tab(shared: PageContext) -> None:
    """Add the tab to the page being built."""
    services = shared.services
    kept = kept_checks(services.limits)
    runs = CancellableRuns()  # by session: a new run stops the one before
    with gr.Tab("Check", id="check", elem_id="check-tab"):
        component = gr.HTML(
            value=None,
            html_template=(SOURCES / "check.html").read_text(encoding="utf-8"),
            js_on_load=LOADER,
            server_functions=[
                *server_functions(services, kept),
                readable_function(services),
                check_code,
            ],
            accept=ACCEPTED,
            max_megabytes=services.limits.file_megabytes,
            zip_megabytes=services.limits.zip_megabytes,
            against=[*services.models.names, *SAME_MODEL],
            apply_default_css=False,
            elem_id="check",
            elem_classes="flush",
        )

    def asked(model: str, opened, event: gr.EventData):  # Gradio reads the type hints
        request = event._data if isinstance(event._data, dict) else {}
        path = shared.explore.path_of(opened)
        with runs.run(current_visitor().session) as stop:
            yield from check_views(services, kept, request, model, path, stop.is_set)

    def given_up() -> None:
        runs.cancel(current_visitor().session)

    running = component.asked(
        asked,
        [shared.model, shared.explore.sound],
        [component],
        concurrency_id="checks",
        concurrency_limit=None,  # `services.check_place` shares turns fairly
        trigger_mode="multiple",  # a newer run is not dropped while one that was given up ends
        **QUIET,
    )
    # Gradio 6.31 cancels one run at a time, and forgets the newest while it cancels the one before.
    component.given_up(given_up, cancels=[running], **QUIET)
    shared.open_in_explore(component.sound)


def check_code(request) -> dict:
    """Return the tab's script."""
    start = "startCheck({ element, watch, props, server, trigger, upload });"
    return {"code": bundle(SOURCES / "js" / "check.js", start)}
