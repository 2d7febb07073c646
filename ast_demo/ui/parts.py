"""Small pieces that every tab uses: a guarded sound input, the status line, errors as sentences."""

from __future__ import annotations

import html
import traceback
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

RECORDING_RATE = 16000  # Hz; the browser resamples, so the server need not
_UNSAFE_MARKS = ("://", "\x00")
_FIRST_WORDS = ("the ", "there ", "this ", "only ")  # capitalized; names of files and things stay

# Static templates: text from outside enters through textContent, never through the template.
_STATUS_HTML = """<div class="status-line" role="status" aria-live="polite" hidden>
<span class="status-text"></span><span class="status-bar"><span></span></span></div>"""
_STATUS_JS = """
const line = element.querySelector('.status-line');
const show = () => {
  const status = props.value || {};
  const known = typeof status.fraction === 'number';
  line.querySelector('.status-text').textContent = status.text || '';
  line.dataset.state = status.state || 'idle';
  line.dataset.known = known;
  line.querySelector('.status-bar > span').style.width =
    (known ? 100 * status.fraction : 30) + '%';
  line.hidden = !status.text;
};
watch('value', show);
show();
"""


def status_line(elem_id: str) -> gr.HTML:
    """Make a line that names what is going on; its value comes from `busy`, `failed` or `idle`."""
    return gr.HTML(value=idle(), html_template=_STATUS_HTML, js_on_load=_STATUS_JS, elem_id=elem_id)


def busy(text: str, fraction: float | None = None) -> dict:
    """Return a status: something runs, a known part of it is done or none is known."""
    return {"state": "busy", "text": text, "fraction": fraction}


def failed(text: str) -> dict:
    """Return a status: one sentence that says what went wrong and how to mend it."""
    return {"state": "failed", "text": text, "fraction": None}


def idle() -> dict:
    """Return the status that shows nothing."""
    return {"state": "idle", "text": "", "fraction": None}


def sound_input(label: str, **settings) -> gr.Audio:
    """Make an audio input that hands over the file as it came and refuses addresses.

    Nothing is decoded by Gradio: its own decoding is unbounded and needs ffmpeg for most formats.
    """
    audio = gr.Audio(
        label=label,
        type="filepath",
        format=None,
        buttons=[],
        waveform_options=gr.WaveformOptions(sample_rate=RECORDING_RATE),
        **settings,
    )
    refuse_addresses(audio)
    return audio


def refuse_addresses(component) -> None:
    """Make a component refuse URLs, which Gradio would fetch whole, whatever their size."""
    move = component.async_move_resource_to_block_cache

    async def guarded(path):
        if path is not None and any(mark in str(path) for mark in _UNSAFE_MARKS):
            raise gr.Error(
                "Addresses are not fetched here: upload the sound as a file.",
                print_exception=False,
            )
        return await move(path)

    component.async_move_resource_to_block_cache = guarded


def sound_path(path: str | None, folders: list[Path]) -> Path:
    """Return the file of a sound that was uploaded here or is one of our examples.

    Raises:
        ValueError: if there is no file or it lies anywhere else.
    """
    if not path:
        raise ValueError("there is no sound yet: record one, upload a file or pick an example.")
    resolved = Path(path).resolve()
    if "://" in path or not any(resolved.is_relative_to(folder.resolve()) for folder in folders):
        raise ValueError("only sounds uploaded to this page are read: upload the file again.")
    if not resolved.is_file():
        raise ValueError("this sound was deleted from the server by now: upload it again.")
    return resolved


def told(error: Exception) -> str:
    """Say an error in one sentence that a visitor may read: no traceback, no path of ours."""
    if isinstance(error, ValueError):
        text = str(error).strip()
        return text[:1].upper() + text[1:] if text.startswith(_FIRST_WORDS) else text
    if type(error).__name__ == "OutOfMemoryError":
        return "The device has no memory left for this: try again in a moment."
    return "The server failed here, which is not your sound's fault: try again."


def shown(error: Exception) -> gr.Error:
    """Turn an error into the one the page shows; markup in it stays text."""
    if not isinstance(error, ValueError):
        traceback.print_exception(error)  # for the host; ValueErrors are for the visitor
    return gr.Error(html.escape(told(error)), print_exception=False)


def upload_folder() -> Path:
    """Return the folder that Gradio keeps uploads in."""
    return Path(get_upload_folder())
