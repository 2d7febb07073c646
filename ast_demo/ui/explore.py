"""The Explore tab: one sound, its picture, its labels and where the model looked."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from ast_demo.ui import explorer
from ast_demo.ui.drop import drop_zone, dropped_path
from ast_demo.ui.parts import (
    busy,
    failed,
    idle,
    shown,
    sound_input,
    status_line,
    told,
    upload_folder,
)
from ast_demo.ui.services import Services
from ast_demo.ui.shared import Shared

RECORDING_TITLE = "Recording"
# Spelled out, since iOS ignores "audio/*"; what else a visitor picks is refused with a sentence.
SOUND_TYPES = (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".au", ".caf")
# A new file is offered through a hidden link; the page follows it once Gradio has drawn it.
_FOLLOW_LINK = "() => setTimeout(() => document.querySelector('#figure-file')?.click(), 150)"


def build_explore_tab(shared: Shared) -> None:
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
                upload = gr.UploadButton(
                    "Upload a sound", file_types=list(SOUND_TYPES), size="sm", elem_id="upload"
                )
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
        picture = explorer.explorer(elem_id="explorer", elem_classes="flush")
        with gr.Row(elem_id="downloads"):
            save = gr.Button("Picture as PNG", size="sm", elem_classes="chip", interactive=False)
            figure_status = status_line("figure-status")
            figure_file = gr.DownloadButton(
                "Picture", elem_id="figure-file", elem_classes="offstage", visible=True
            )
        drop = drop_zone()
        current = gr.State({"id": None, "title": ""})

    views = [picture, current, save]
    analyse = functools.partial(explain_steps, services)
    run = {"concurrency_id": "sounds", "concurrency_limit": services.limits.model_runs + 3}
    quiet = {"show_progress": "hidden", "api_visibility": "private", **run}

    upload.upload(
        functools.partial(file_steps, services),
        [upload, shared.model],
        [sound, *views],
        **quiet,
    )
    sound.stop_recording(
        functools.partial(analyse, title=RECORDING_TITLE), [sound, shared.model], views, **quiet
    )

    def dropped(model: str, event: gr.EventData):  # Gradio reads the type hints: no partial here
        yield from dropped_steps(services, model, event)

    drop.dropped(dropped, [shared.model], [sound, *views], **quiet)
    for clip, chip in chips:
        show = functools.partial(example_steps, services, clip)
        chip.click(show, [shared.model], [sound, *views], trigger_mode="once", **quiet)
    shared.switched.success(
        functools.partial(again_steps, services), [sound, shared.model, current], views, **quiet
    )
    save.click(
        functools.partial(figure_steps, services),
        [sound, shared.model, current],
        [figure_file, figure_status],
        **quiet,
    ).success(None, js=_FOLLOW_LINK, api_visibility="private")


def example_title(clip: Path) -> str:
    """Name an example clip after its file: "door-knock.wav" is "Door knock"."""
    return clip.stem.replace("-", " ").replace("_", " ").capitalize()


def explain_steps(
    services: Services, path: str | None, model: str, title: str | None = None
) -> Iterator[tuple]:
    """Explain a sound, telling the stages; yields picture, current sound and save button.

    While it works, and when it fails, the picture before stays: the explorer sees to that.
    """
    keep = gr.skip()
    if path is None:  # a recording that was given up
        yield keep, keep, keep
        return
    stage = "Listening" if services.models.is_loaded(model) else "Loading the model"
    yield explorer.busy(stage), keep, keep
    try:
        from ast_demo.ui.payload import build_payload  # torch: not before the first page

        _, explanation = services.explain(path, model)
        payload = build_payload(explanation, title or Path(path).name)
    except Exception as error:
        yield explorer.failed(told(error)), keep, keep
        raise shown(error) from error
    services.kept.put(payload["id"], explanation)
    current = {"id": payload["id"], "title": payload["title"]}
    yield payload, current, gr.update(interactive=True)


def file_steps(
    services: Services, path: str | None, model: str, title: str | None = None
) -> Iterator[tuple]:
    """Explain a file; yields the player first, which takes the file once it proved a sound."""
    for picture, *others in explain_steps(services, path, model, title):
        yield path if isinstance(picture, dict) and "id" in picture else gr.skip(), picture, *others


def example_steps(services: Services, clip: Path, model: str) -> Iterator[tuple]:
    """Explain an example clip, as `file_steps` does."""
    yield from file_steps(services, str(clip), model, example_title(clip))


def dropped_steps(services: Services, model: str, event: gr.EventData) -> Iterator[tuple]:
    """Explain a file that was dropped on the page, as `file_steps` does."""
    try:
        path = dropped_path(event)
    except ValueError as error:
        yield gr.skip(), explorer.failed(told(error)), gr.skip(), gr.skip()
        raise shown(error) from error
    yield from file_steps(services, path, model)


def again_steps(services: Services, path: str | None, model: str, current: dict) -> Iterator[tuple]:
    """Explain the sound in the player with the model that was just chosen."""
    yield from explain_steps(services, path, model, current["title"] or None)


def figure_steps(
    services: Services, path: str | None, model: str, current: dict
) -> Iterator[tuple]:
    """Draw the figure of the current sound as a PNG file and offer it for download."""
    from ast_demo.figures import explanation_figure, figure_bytes  # matplotlib: only when asked for

    yield gr.skip(), busy("Drawing the figure")
    try:
        try:
            explanation = services.kept.get(current["id"])
        except ValueError:  # it made room for others by now
            _, explanation = services.explain(path, model)
        figure = explanation_figure(explanation, title=current["title"], grid=True)
        folder = Path(tempfile.mkdtemp(dir=upload_folder()))
        file = folder / "ast-explorer.png"
        file.write_bytes(figure_bytes(figure))
    except Exception as error:
        yield gr.skip(), failed(told(error))
        raise shown(error) from error
    yield str(file), idle()
