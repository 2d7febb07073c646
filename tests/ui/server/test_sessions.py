"""Sessions begin without what this page has no use for."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio.blocks import BlocksConfig
from gradio.routes import App
from starlette.testclient import TestClient

from ast_demo.ui.server.housekeeping import housekeeping
from ast_demo.ui.server.sessions import LeanSessions
from ast_demo.ui.server.visitors import Presence
from ast_demo.ui.validated_blocks import ValidatedBlocks


@pytest.fixture
def page():
    with ValidatedBlocks() as page:
        box = gr.Textbox()
        button = gr.Button()
        button.click(lambda: None, None, [box, button])
    return page


@pytest.fixture
def settings_written(monkeypatch):
    """The components whose settings were written down, one entry each time."""
    written, write = [], BlocksConfig.config_for_block
    monkeypatch.setattr(
        BlocksConfig, "config_for_block", lambda *a: written.append(a[0]) or write(*a)
    )
    return written


def test_a_new_session_writes_down_no_settings(page, settings_written):
    sessions = LeanSessions()
    sessions.set_blocks(page)
    session = sessions["new"]
    assert settings_written == []
    assert sessions["new"] is session
    assert session.blocks_config.blocks == page.blocks
    assert session.blocks_config.blocks is not page.blocks


def test_the_sessions_of_a_served_page_are_lean(page):
    app = App.create_app(page, app_kwargs={"lifespan": housekeeping(Presence())})
    with TestClient(app):
        assert isinstance(app.state_holder, LeanSessions)
        assert app.state_holder is page.state_holder
