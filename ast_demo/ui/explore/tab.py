"""The Explore tab: one sound, its picture, its labels and where the model looked."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import gradio as gr

from ast_demo.ui.explore import component
from ast_demo.ui.explore.opening import Opening
from ast_demo.ui.explore.server_functions import server_functions
from ast_demo.ui.explore.steps import (
    NOTHING,
    again_steps,
    example_steps,
    example_title,
    open_steps,
    sound_path,
    told_steps,
)
from ast_demo.ui.explore.wishes import Wishes
from ast_demo.ui.services import rpc
from ast_demo.ui.shared.bundle import bundle
from ast_demo.ui.shared.context import QUIET, SoundOpener
from ast_demo.ui.sound.file_input import file_input

_RECORDER_HTML = """<button type="button" class="recorder-button"><span></span></button>
<output class="recorder-clock" hidden></output>
<div class="recorder-trouble" hidden><p role="alert"></p></div>"""


def example_button(clip: Path) -> gr.Button:
    """Make the button of an example, which links find by the name of its file."""
    return gr.Button(
        example_title(clip), size="sm", elem_classes="chip", elem_id=f"example-{clip.stem}"
    )


def build_explore_tab(
    opening: Opening, model: gr.State, switched: gr.events.Dependency, tabs: gr.Tabs
) -> SoundOpener:
    """Add the tab to the page being built; return how other tabs open a sound in it.

    Args:
        opening: the example that it opens with.
        model: name of the visitor's model.
        switched: when that has become another one.
        tabs: all of the page.
    """
    services = opening.services

    def opening_example(_request: dict) -> dict:  # the page's JavaScript calls it by this name
        return opening.answer()

    with gr.Tab("Explore", id="explore", elem_id="explore-tab"):
        with gr.Row(elem_id="sound-row"):
            recorder = gr.HTML(
                html_template=_RECORDER_HTML,
                js_on_load=bundle(
                    Path(__file__).with_name("recordButton.js"),
                    "startRecordButton({ element, props, trigger, upload });",
                ),
                max_megabytes=services.limits.file_megabytes,
                elem_id="recorder",
                elem_classes="flush",
            )
            files = file_input(services)
            gr.HTML(
                html_template="<span>or try</span>",
                js_on_load=None,
                elem_id="or-try",
                elem_classes="flush",
            )
            with gr.Row(elem_id="choices"):
                chips = [(clip, example_button(clip)) for clip in services.example_clips()]
        picture = component.explorer(
            elem_id="explorer",
            elem_classes="flush",
            space=os.environ.get("SPACE_ID", ""),
            models=services.models.names,
            server_functions=[*server_functions(services), rpc.served(opening_example)],
        )
        sound = gr.State(None)  # a Shown; None is the opening example

    views = [picture, sound]
    wishes = Wishes()
    settings = {
        **QUIET,
        "concurrency_id": "sounds",
        "concurrency_limit": None,
        "trigger_mode": "multiple",  # "once" would drop a wish while the one before is worked on
    }

    def chosen(model: str, event: gr.EventData):  # Gradio reads the type hints: no partial here
        yield from told_steps(services, wishes, model, event)

    def again(shown, model: str):
        yield from again_steps(services, wishes, shown, model, opening.clip)

    def cleared():
        wishes.take_back()
        return None, NOTHING

    for event in (files.chosen, recorder.chosen, picture.window):
        event(chosen, [model], views, **settings)
    picture.cleared(cleared, None, views, **settings)
    for clip, chip in chips:
        show = functools.partial(example_steps, services, wishes, clip)
        chip.click(show, [model], views, **settings)
    switched.success(again, [sound, model], views, **settings)
    return SoundOpener(
        functools.partial(open_steps, services, wishes),
        [tabs, *views],
        settings,
        sound,
        lambda shown: sound_path(shown, opening.clip),
    )
