"""Whether the server can read what was uploaded: asked before a visitor is told no."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import new_file
from ast_demo.ui.sound.file_input import readable_function


@pytest.fixture
def readable(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return readable_function(Services.create(Limits()))


def test_a_sound_is_readable_whatever_it_is_called(readable):
    path = new_file("memo.m4a")
    soundfile.write(path, np.full(16000, 0.1, np.float32), 16000, format="WAV")
    assert readable({"path": str(path)}) == {}


def test_what_is_no_sound_is_refused_by_name(readable):
    path = new_file("text.wav")
    path.write_text("no sound")
    assert "text.wav" in readable({"path": str(path)})["error"]


@pytest.mark.parametrize("request_", [None, [], {}, {"path": 7}, {"path": "/etc/passwd"}])
def test_any_request_is_answered_with_a_sentence(readable, request_):
    assert readable(request_)["error"].endswith(".")
