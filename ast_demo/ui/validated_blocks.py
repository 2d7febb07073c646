"""The page's Blocks: it checks what comes in, knows who asks, and keeps nothing of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ast_demo.ui.server.visitors import event_visitor
from ast_demo.ui.services.errors import as_gradio_error
from ast_demo.ui.services.uploads import own_file
from ast_demo.ui.services.visitor import visiting


class ValidatedBlocks(gr.Blocks):
    """A Blocks that looks at every input before Gradio does.

    Gradio would fetch an address in place of a file, whole and whatever its size, and for any
    component. And what does not fit a component would be answered without a word. And it would
    remember of each session the settings and the latest value of every component, half a megabyte
    of pictures among them, for links that this page does not offer.
    """

    sentence = ""  # what a link to the page says below its title
    picture = ""  # address of the picture that it shows

    def get_config_file(self) -> dict:
        """Add what Gradio's template puts into a link preview."""
        preview = {"simple_description": self.sentence, "thumbnail": self.picture}
        return {**super().get_config_file(), **preview}

    async def preprocess_data(self, block_fn, inputs, state, explicit_call: bool = False):
        """Refuse what is no file of ours or does not fit, each with one sentence."""
        try:
            for path in file_paths(inputs):
                own_file(path)
        except ValueError as error:
            raise as_gradio_error(error) from error
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error as error:
            error.print_exception = False  # the visitor's mistake, not the host's
            raise
        except Exception as error:
            raise gr.Error(
                "The request's data do not fit here: /gradio_api/info describes what does.",
                print_exception=False,
            ) from error

    async def postprocess_data(self, block_fn, predictions, state):
        """Make the answer, and forget what was shown."""
        answer = await super().postprocess_data(block_fn, predictions, state)
        if state is not None:
            state.config_values.clear()
        return answer

    async def call_function(self, block_fn, processed_input, *arguments, **named):
        """Let the function and its threads know who asks."""
        requests = named.get("requests", arguments[1] if len(arguments) > 1 else None)
        request = requests[0] if isinstance(requests, list) else requests
        with visiting(event_visitor(request)):
            return await super().call_function(block_fn, processed_input, *arguments, **named)


def file_paths(data: Any) -> Iterator[str]:
    """Find the paths that Gradio would take for files, anywhere in a request's data."""
    if isinstance(data, dict):
        if isinstance(data.get("path"), str):
            yield data["path"]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from file_paths(item)
