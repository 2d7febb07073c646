"""The Timeline tab: a long recording, label by time, with events to play and windows to open."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ast_demo.timeline.events import ON_SCORE
from ast_demo.ui.services.errors import as_gradio_error
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.bundle import bundle
from ast_demo.ui.shared.components import sound_input
from ast_demo.ui.shared.context import QUIET, PageContext
from ast_demo.ui.sound.file_input import ACCEPTED, readable_function
from ast_demo.ui.timeline.server_functions import server_functions
from ast_demo.ui.timeline.slide import check_threshold, slide
from ast_demo.ui.timeline.views import kept_timelines, timeline_views

SOURCES = Path(__file__).resolve().parent


def build_timeline_tab(shared: PageContext) -> None:
    """Add the tab to the page being built."""
    services = shared.services
    kept = kept_timelines()
    with gr.Tab("Timeline", id="timeline", elem_id="timeline-tab"):
        component = gr.HTML(
            value=None,
            html_template=(SOURCES / "timeline.html").read_text(encoding="utf-8"),
            js_on_load=bundle(
                SOURCES / "js" / "timeline.js",
                "startTimeline({ element, watch, props, server, trigger, upload });",
            ),
            server_functions=[*server_functions(services, kept), readable_function(services)],
            accept=ACCEPTED,
            local=services.local,
            max_megabytes=services.limits.file_megabytes,
            apply_default_css=False,
            elem_id="timeline",
            elem_classes="flush",
        )

    def chosen(model: str, event: gr.EventData):  # Gradio reads the type hints: no partial here
        request = event._data if isinstance(event._data, dict) else {}
        yield from timeline_views(services, kept, request, model)

    running = component.chosen(
        chosen,
        [shared.model],
        [component],
        concurrency_id="timelines",
        concurrency_limit=None,  # `services.recording_place` shares turns fairly
        trigger_mode="multiple",  # a newer recording is not dropped while an older one ends
        **QUIET,
    )
    component.given_up(None, cancels=[running], api_visibility="private")
    shared.open_in_explore(component.window)


def build_timeline_api(services: Services) -> None:
    """Add the API endpoint /timeline to the page being built; it has no visible part."""

    def timeline(
        audio: str, model: str | None = None, hop_seconds: float = 0.0, threshold: float = ON_SCORE
    ) -> dict:
        """Follow a recording of any length: the model's window slides over it.

        `hop_seconds` is the step from one window to the next, 0 for half a window; events begin
        where a label reaches `threshold`. Answers {"model", "rule", "seconds", "window_seconds",
        "hop_seconds", "notes", "gaps": [start, end] of stretches without numbers, "labels",
        "windows": [start, end] of each in seconds, "levels_db", "marks": what is special about a
        window (padded, silent, edge, gap), "scores" [window][label], "threshold", "events":
        [{"label", "start", "end", "peak", "first_window", "last_window", "peak_window"}]}.
        """

        try:
            check_threshold(threshold)
            *_, (_, step) = slide(services, audio, model, hop_seconds or None)
            return step.timeline().to_dict(threshold)
        except Exception as error:
            raise as_gradio_error(error) from error

    models = services.models
    gr.Button(visible=False).click(
        timeline,
        [
            sound_input("Sound file: WAV, FLAC, OGG, MP3 or AIFF", visible=False),
            gr.Dropdown(
                models.names, value=models.default, label="Model that listens", visible=False
            ),
            gr.Number(0.0, label="Seconds between windows, 0 for half a window", visible=False),
            gr.Number(ON_SCORE, label="Score at which an event begins", visible=False),
        ],
        gr.JSON(label="Answer", visible=False),
        api_name="timeline",
        concurrency_id="timelines",
        concurrency_limit=None,
    )
