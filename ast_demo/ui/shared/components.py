"""Small pieces that every tab uses: a sound input and the status line."""

from __future__ import annotations

import gradio as gr

RECORDING_RATE = 16000  # Hz; the browser resamples, so the server need not


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
