"""Choosing a sound file, by a button or by dropping it anywhere on the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from ast_demo.ui.services.limits import Limits
from ast_demo.ui.shared.bundle import bundle

SOURCE = Path(__file__).resolve().parent / "fileInput.js"

# Spelled out, since iOS ignores "audio/*".
ACCEPTED = (
    "audio/*,.wav,.mp3,.flac,.ogg,.oga,.opus,.aif,.aiff,.au,.caf,.m4a,.aac,.mp4,.webm,.3gp,.amr"
)
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


def file_input(limits: Limits) -> gr.HTML:
    """Make the button and the drop zone; its event `chosen` is read by `told_file`."""
    return gr.HTML(
        html_template=_HTML,
        js_on_load=bundle(SOURCE, "startFiles({ element, props, trigger, upload });"),
        max_megabytes=limits.file_megabytes,
        elem_id="files",
        elem_classes="flush",
    )


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
