"""What the page's Blocks keeps of a session."""

from __future__ import annotations

import asyncio

import gradio as gr
from gradio.state_holder import SessionState

from ast_demo.ui.validated_blocks import ValidatedBlocks


def test_no_settings_and_no_values_are_kept_of_a_session():
    with ValidatedBlocks() as page:
        gr.Button().click(lambda: None, None, [gr.Textbox(), gr.Button()])
    (event,), state = page.fns.values(), SessionState(page)
    for _ in range(2):
        predictions = ["a picture", gr.Button("New name")]
        answer = asyncio.run(page.postprocess_data(event, predictions, state))
        assert answer[0] == "a picture"
        assert answer[1]["value"] == "New name"
        assert state.config_values == {}
