"""What a request may bring in: files uploaded here, data that fit, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ast_demo.ui.services.errors import as_gradio_error
from ast_demo.ui.services.uploads import own_file


class ValidatedBlocks(gr.Blocks):
    """A Blocks that looks at every input before Gradio does.

    Gradio would fetch an address in place of a file, whole and whatever its size, and for any
    component. And what does not fit a component would be answered without a word.
    """

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


def file_paths(data: Any) -> Iterator[str]:
    """Find the paths that Gradio would take for files, anywhere in a request's data."""
    if isinstance(data, dict):
        if isinstance(data.get("path"), str):
            yield data["path"]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from file_paths(item)
