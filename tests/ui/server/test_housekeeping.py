"""Sounds are deleted as long as the page is served, even once Gradio's own rounds have ended."""

from __future__ import annotations

import time

import gradio as gr
import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from ast_demo.ui.server.housekeeping import housekeeping
from ast_demo.ui.server.visitors import Presence

PATIENCE = 20.0  # seconds


@pytest.fixture
def page():
    with gr.Blocks(delete_cache=(0.05, 0.05)) as page:
        pass
    return page


def wait_until(done) -> bool:
    end = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < end:
        time.sleep(0.01)
    return done()


def test_what_gradio_stumbles_over_does_not_end_the_deletion(page, tmp_path):
    folder, late = tmp_path / "folder", tmp_path / "late.wav"
    folder.mkdir()
    page.upload_file_set.add(str(folder))
    app = App.create_app(page, app_kwargs={"lifespan": housekeeping(Presence())})
    with TestClient(app):
        assert wait_until(lambda: not page.upload_file_set)
        late.write_bytes(b"x")
        page.upload_file_set.add(str(late))
        assert wait_until(lambda: not late.exists())
        assert wait_until(lambda: not page.upload_file_set)
