"""Choosing a sound file, by a button or by dropping it anywhere on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from ast_demo.audio.suffixes import accepted_suffixes
from ast_demo.ui.services import rpc
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.bundle import bundle

SOURCE = Path(__file__).resolve().parent / "fileInput.js"

# Spelled out, since iOS ignores "audio/*".
ACCEPTED = ",".join(("audio/*", *accepted_suffixes()))
TRIED_SECONDS = 2.0  # of an uploaded file, to see whether it can be read
TEXT_LENGTH = 200  # characters of a name or note that are taken from a browser

_HTML = f"""<button type="button" class="files-choose">Upload a sound</button>
<input type="file" accept="{ACCEPTED}" aria-label="Sound file" hidden>
<div class="files-veil" hidden>Drop the sound anywhere</div>"""


@dataclass(frozen=True)
class ToldFile:
    """What the browser says about an uploaded file; nothing of it is trusted."""

    path: str  # must go through `uploads.sound_path` like every other
    title: str | None  # the file's own name: text, never markup
    note: str | None  # what the browser did to the sound


def file_input(services: Services) -> gr.HTML:
    """Make the button and the drop zone; its event `chosen` is read by `told_file`."""
    return gr.HTML(
        html_template=_HTML,
        js_on_load=bundle(SOURCE, "startFiles({ element, props, server, trigger, upload });"),
        server_functions=[readable_function(services)],
        max_megabytes=services.limits.file_megabytes,
        elem_id="files",
        elem_classes="flush",
    )


def readable_function(services: Services) -> Callable:
    """Make the server function that says whether an uploaded file can be read.

    Where it cannot, the page lets the browser decode the file before the visitor is told.
    """

    return rpc.served(sound_readable, services)


def sound_readable(services: Services, request: dict) -> dict:
    """Return nothing if the file at `path` can be used.

    Where no decoder here reads it, the error says why; a browser's may. What was decoded and is no
    sound (not finite, too short) is "refused" in a sentence, and no browser would make it one.
    """
    from ast_demo.audio.limits import UndecodableError
    from ast_demo.audio.load import AudioError, load_audio

    try:
        load_audio(services.sound_file(request.get("path")), max_seconds=TRIED_SECONDS)
    except UndecodableError:
        raise
    except AudioError as error:
        return {"refused": user_message(error)}
    return {}


def told_file(event: gr.EventData) -> ToldFile:
    """Read an event that tells {"path", "title", "note"}, or {"problem"} where there is no file.

    Raises:
        ValueError: if the upload did not succeed.
    """
    return read_told(event._data if isinstance(event._data, dict) else {})


def read_told(data: dict) -> ToldFile:
    """Do the work of `told_file` on what its event carries."""
    path = data.get("path")
    if not isinstance(path, str):
        raise ValueError(
            _text(data.get("problem")) or "the file did not arrive: try to upload it again."
        )
    return ToldFile(path, _text(data.get("title")), _text(data.get("note")))


def _text(value) -> str | None:
    return str(value)[:TEXT_LENGTH] if value else None
