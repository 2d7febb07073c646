"""Small pieces that every tab uses: a sound input, the status line, files and errors."""

from __future__ import annotations

import errno
import html
import traceback
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

RECORDING_RATE = 16000  # Hz; the browser resamples, so the server need not
_FIRST_WORDS = (
    "the ",
    "there ",
    "this ",
    "only ",
    "all ",
    "addresses ",
)  # capitalized; names of files and things stay

_NO_ROOM = {
    getattr(errno, name)  # the disk is full, or the folder cannot be written
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "ENOTDIR", "EEXIST")
    if hasattr(errno, name)
}

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
    """Make an audio input that hands over the file as it came.

    Nothing is decoded by Gradio: its own decoding is unbounded and needs ffmpeg for most formats.
    """
    return gr.Audio(
        label=label,
        type="filepath",
        format=None,
        buttons=[],
        waveform_options=gr.WaveformOptions(sample_rate=RECORDING_RATE),
        **settings,
    )


def own_file(path: str, *folders: Path) -> Path:
    """Return a path that lies in the upload folder or in one of the folders, resolved.

    Raises:
        ValueError: if it is an address or lies anywhere else.
    """
    if "://" in path:
        raise ValueError("addresses are not fetched here: upload the sound as a file.")
    resolved = Path(path.replace("\x00", "")).resolve()
    if not any(resolved.is_relative_to(f.resolve()) for f in (upload_folder(), *folders)):
        raise ValueError("only files uploaded to this page are read: upload the sound again.")
    return resolved


def sound_path(path: str | None, *folders: Path) -> Path:
    """Return the file of a sound that was uploaded here or lies in one of the folders.

    Raises:
        ValueError: if there is no sound, it lies elsewhere or was deleted.
    """
    if not path:
        raise ValueError("there is no sound yet: record one, upload a file or pick an example.")
    file = own_file(path, *folders)
    if not file.is_file():
        raise ValueError("this sound was deleted from the server by now: upload it again.")
    return file


def no_room(error: Exception) -> bool:
    """Tell whether a file could not be written for want of room or permission."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def told(error: Exception) -> str:
    """Say an error in one sentence that a visitor may read: no traceback, no path of ours."""
    if isinstance(error, ValueError):
        text = str(error).strip()
        return text[:1].upper() + text[1:] if text.startswith(_FIRST_WORDS) else text
    if no_room(error):
        return "The server has no room for sounds at the moment: try again later."
    if type(error).__name__ == "OutOfMemoryError":
        return "The device has no memory left for this: try again in a moment."
    return "The server failed here, which is not your sound's fault: try again."


def shown(error: Exception) -> gr.Error:
    """Turn an error into the one the page shows; markup in it stays text."""
    if not isinstance(error, ValueError):
        traceback.print_exception(error)  # for the host; ValueErrors are for the visitor
    return gr.Error(html.escape(told(error), quote=False), print_exception=False)


def upload_folder() -> Path:
    """Return the folder that Gradio keeps uploads in."""
    return Path(get_upload_folder())
