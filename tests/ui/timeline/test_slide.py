"""How long a recording the page follows: by seconds, and by values that no real one reaches."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from ast_demo.audio import limits
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from ast_demo.ui.timeline.slide import slide
from tests.helpers.listening_model import LISTENER

HOP = 120.0  # seconds: the length counts here, not what is heard


@pytest.fixture(scope="module")
def services() -> Services:
    return Services.create(Limits(), str(LISTENER), "cpu", "float32")


@pytest.fixture
def silence(tmp_path, monkeypatch):
    """Write a recording of so many seconds to where uploads lie."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))

    def write(seconds: float, sampling_rate: int, channels: int) -> str:
        folder = tmp_path / f"{sampling_rate}"
        folder.mkdir()
        path = folder / "long.flac"
        with soundfile.SoundFile(path, "w", sampling_rate, channels) as file:
            file.write(np.zeros((round(seconds * sampling_rate), channels), np.int16))
        return str(path)

    return write


def test_a_recording_longer_than_what_memory_may_hold_is_followed_to_its_end(services, silence):
    seconds = limits.MAX_VALUES // 16000 + 20.0
    steps = [step for _, step in slide(services, silence(seconds, 16000, 1), None, HOP)]
    assert {step.total for step in steps} == {seconds}
    assert steps[-1].seconds == seconds
    assert not any("cut after" in note for note in steps[-1].timeline().notes)


def test_a_small_file_of_many_values_is_cut_and_progress_knows_where(
    services, silence, monkeypatch
):
    monkeypatch.setattr(services, "limits", Limits(timeline_seconds=20))
    path = silence(12.0, 192_000, 8)
    steps = [step for _, step in slide(services, path, None, HOP)]
    assert {step.total for step in steps} == {5.0}
    note = "cut after 5 s, the file goes on: no more than 7 680 000 values are decoded"
    assert any(n.startswith(note) for n in steps[-1].timeline().notes), steps[-1].timeline().notes
