"""The line above the tabs: name of the page, and which model listens."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from typing import NamedTuple

import gradio as gr

from ast_demo.ui.services.errors import as_gradio_error, user_message
from ast_demo.ui.services.limits import MEGABYTE
from ast_demo.ui.services.model_pool import HUB_MODELS
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.components import busy, failed, idle, status_line
from ast_demo.ui.shared.context import QUIET

_POLL_SECONDS = 0.25  # how often a download's progress is drawn
# Gradio 6.31 skips a choice while the last one is loaded; one that it defers instead is forgotten
# when the last one fails. So at the end the picker tells whether another choice waits: then
# `linked` changes, which loads it. Each end is looked at once: what failed before it began to load
# leaves an older end in the status, and would be tried for ever.
_SETTLE_JS = """(picked, status) => {
  const untouched = { __type__: "update" };
  const { asked, running, ...shown } = status;
  if (!asked) return [untouched, untouched, untouched];
  if (picked === asked) return [running, untouched, shown];
  return [untouched, String(Date.now()), shown];
}"""
_NAME_HTML = """<div class="page-name"><h1>AST Explorer</h1>
<p>See what an Audio Spectrogram Transformer sees</p></div>"""


class Header(NamedTuple):
    """What the page needs of its header."""

    model: gr.State  # name of the running model
    switched: gr.events.Dependency
    picker: gr.Dropdown
    linked: gr.Textbox  # its change loads what the picker shows, as a link's model


def build_header(services: Services) -> Header:
    """Add the header: name of the page, and the model that listens."""
    names = services.models.names
    with gr.Row(elem_id="header"):
        gr.HTML(
            html_template=_NAME_HTML, js_on_load=None, elem_id="page-name", elem_classes="flush"
        )
        picker = gr.Dropdown(
            [(model_title(name), name) for name in names],
            value=services.models.default,
            label="Model",
            filterable=False,
            elem_id="model",
            scale=0,
            min_width=280,
        )
    status = status_line("model-status")
    running = gr.State(services.models.default)
    linked = gr.Textbox(visible="hidden", elem_id="linked-model")
    switched = gr.on(  # a choice fires `input` twice in Gradio 6.31
        [picker.select, linked.change],
        functools.partial(switch_steps, services),
        [picker, running],
        [running, status],
        concurrency_id="loading",
        concurrency_limit=2,
        show_progress="hidden",
        api_visibility="private",
    )
    for ended in (switched.success, switched.failure):
        ended(None, [picker, status], [picker, linked, status], js=_SETTLE_JS, **QUIET)
    return Header(running, switched, picker, linked)


def switch_steps(services: Services, chosen: str, running: str) -> Iterator[tuple]:
    """Load the chosen model, telling how much has arrived; on failure the running one stays.

    Yields running model and status; the last status tells which model was asked for and which runs.
    """
    arrived = [0, 0]  # bytes so far and in all

    def progress(done: int, total: int) -> None:
        arrived[:] = done, total

    result = _InBackground(lambda: services.models.get(chosen, progress))
    while not result.wait(_POLL_SECONDS):
        yield gr.skip(), _loading_status(chosen, *arrived)
    try:
        result.value()
    except Exception as error:
        yield gr.skip(), failed(user_message(error)) | {"asked": chosen, "running": running}
        raise as_gradio_error(error, shown=False) from error  # the line below the name tells it
    yield chosen, idle() | {"asked": chosen, "running": chosen}


def _loading_status(name: str, done: int, total: int) -> dict:
    if total < MEGABYTE:  # the small settings files, or nothing to download
        return busy(f"Loading {model_title(name)}")
    text = f"Downloading {model_title(name)}, {done / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB"
    return busy(text, min(1.0, done / total))


def model_title(name: str) -> str:
    """Say what a model of the picker knows."""
    return HUB_MODELS.get(name, name)


class _InBackground:
    """Run a function in a thread and hand over its result or its error."""

    def __init__(self, function):
        self._value, self._error = None, None
        self._thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self._thread.start()

    def _run(self, function) -> None:
        try:
            self._value = function()
        except Exception as error:  # raised again in the caller's thread
            self._error = error

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; tell whether the function has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def value(self):
        """Return the result, or raise what the function raised."""
        if self._error is not None:
            raise self._error
        return self._value
