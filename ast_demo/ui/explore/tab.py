"""The Explore tab: one sound, its picture, its labels and where the model looked."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from ast_demo.ui.explore import component
from ast_demo.ui.explore.recompute import source_facts
from ast_demo.ui.explore.server_functions import server_functions
from ast_demo.ui.services.errors import as_gradio_error, user_message
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.components import sound_input
from ast_demo.ui.shared.context import PageContext
from ast_demo.ui.sound.file_input import file_input, told_file

RECORDING_TITLE = "Recording"


def build_explore_tab(shared: PageContext) -> None:
    """Add the tab to the page being built."""
    services = shared.services
    with gr.Tab("Explore", id="explore", elem_id="explore-tab"):
        with gr.Row(elem_id="sound-row"):
            with gr.Column(elem_id="sound-side", min_width=200):
                sound = sound_input(
                    "Sound",
                    sources=["microphone"],
                    editable=False,
                    elem_id="sound",
                    show_label=False,
                )
            with gr.Row(elem_id="choices"):
                files = file_input(services)
                gr.HTML(
                    html_template="<span>or try</span>",
                    js_on_load=None,
                    elem_id="or-try",
                    elem_classes="flush",
                )
                chips = [
                    (clip, gr.Button(example_title(clip), size="sm", elem_classes="chip"))
                    for clip in services.example_clips()
                ]
        picture = component.explorer(
            elem_id="explorer",
            elem_classes="flush",
            server_functions=server_functions(services),
        )
        title = gr.State("")

    views = [picture, title]
    analyse = functools.partial(explain_steps, services)
    run = {"concurrency_id": "sounds", "concurrency_limit": None}
    quiet = {"show_progress": "hidden", "api_visibility": "private", **run}

    sound.stop_recording(
        functools.partial(analyse, title=RECORDING_TITLE), [sound, shared.model], views, **quiet
    )

    def chosen(model: str, event: gr.EventData):  # Gradio reads the type hints: no partial here
        yield from told_steps(services, model, event)

    sound.clear(clear_steps, None, views, **quiet)
    files.chosen(chosen, [shared.model], [sound, *views], **quiet)
    for clip, chip in chips:
        show = functools.partial(example_steps, services, clip)
        chip.click(show, [shared.model], [sound, *views], trigger_mode="once", **quiet)
    shared.switched.success(
        functools.partial(again_steps, services), [sound, shared.model, title], views, **quiet
    )
    shared.open_steps = functools.partial(open_steps, services)
    shared.open_outputs = [shared.tabs, sound, *views]
    shared.open_settings = quiet


def example_title(clip: Path) -> str:
    """Name an example clip after its file: "door-knock.wav" is "Door knock"."""
    return clip.stem.replace("-", " ").replace("_", " ").capitalize()


def explain_steps(
    services: Services,
    path: str | None,
    model: str,
    title: str | None = None,
    note: str | None = None,
) -> Iterator[tuple]:
    """Explain a sound, telling the stages; yields what the explorer shows, and the sound's title.

    While it works, and when it fails, the picture before stays: the explorer sees to that.
    """
    if path is None:  # a recording that was given up
        yield gr.skip(), gr.skip()
        return
    stage = "Listening" if services.models.is_loaded(model) else "Loading the model"
    yield component.busy(stage), gr.skip()
    try:
        from ast_demo.ui.explore.payload import build_payload  # torch: not before the first page

        classifier, explanation = services.explain(path, model)
        if explanation.seconds > classifier.window_seconds:
            explanation.notes = (*explanation.notes, "Timeline hears all of it")
        if note:  # of what was done before the sound came here
            explanation.notes = (note, *explanation.notes)
        title = title or Path(path).name
        payload = build_payload(explanation, title, file=file_in_python(services, path, title))
        payload["source"] = source_facts(services, path)
    except Exception as error:
        yield component.failed(user_message(error)), gr.skip()
        raise as_gradio_error(error) from error
    services.kept.put(payload["id"], explanation)
    yield payload, payload["title"]


def clear_steps() -> tuple:
    """Empty the component, which then tells what to do."""
    return None, ""


def file_in_python(services: Services, path: str, title: str) -> str:
    """Tell what `load_audio` needs to read the sound again where the visitor is."""
    for clip in services.example_clips():
        if clip.name == Path(path).name and title == example_title(clip):
            return f"assets/examples/{clip.name}"
    return "recording.wav" if title == RECORDING_TITLE else title


def file_steps(
    services: Services, path: str, model: str, title: str, note: str | None = None
) -> Iterator[tuple]:
    """Explain a file; yields the player first, which takes the file once it proved a sound."""
    for picture, new_title in explain_steps(services, path, model, title, note):
        yield path if "id" in picture else gr.skip(), picture, new_title


def example_steps(services: Services, clip: Path, model: str) -> Iterator[tuple]:
    """Explain an example clip, as `file_steps` does."""
    yield from file_steps(services, str(clip), model, example_title(clip))


def told_steps(services: Services, model: str, event: gr.EventData) -> Iterator[tuple]:
    """Explain the file that an event tells, as `file_steps` does."""
    try:
        file = told_file(event)
    except ValueError as error:
        yield gr.skip(), component.failed(user_message(error)), gr.skip()
        raise as_gradio_error(error) from error
    title = file.title or Path(file.path).name
    yield from file_steps(services, file.path, model, title, file.note)


def open_steps(services: Services, model: str, event: gr.EventData) -> Iterator[tuple]:
    """Turn to this tab and explain the file that another tab's event tells; yields tabs first."""
    tabs = gr.Tabs(selected="explore")
    for views in told_steps(services, model, event):
        yield tabs, *views
        tabs = gr.skip()


def again_steps(services: Services, path: str | None, model: str, title: str) -> Iterator[tuple]:
    """Explain the sound in the player with the model that was just chosen."""
    yield from explain_steps(services, path, model, title or None)
