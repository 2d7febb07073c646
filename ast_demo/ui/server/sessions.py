"""What Gradio remembers of each open page, without what this page has no use for."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
from gradio.state_holder import SessionState, StateHolder


class LeanSession(SessionState):
    """A session that does not begin with the settings of every component.

    Gradio writes them down for links that this page does not offer. That takes 10 to 20 ms of the
    event loop for each request that names a new session, and everybody else waits meanwhile.
    """

    def __init__(self, blocks: gr.Blocks):
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))


class LeanSessions(StateHolder):
    """Keep the sessions of a page, each of them lean."""

    def __getitem__(self, session_id: str) -> SessionState:
        """Return a session; a new one begins where there is none."""
        if session_id not in self.session_data:
            self.session_data[session_id] = LeanSession(self.blocks)
        return super().__getitem__(session_id)
