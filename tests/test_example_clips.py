"""The example clips: recorded or made by the script beside them, sound, small, all described."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ast_demo.audio.load import load_audio

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "examples"
CLIPS = sorted(FOLDER.glob("*.flac"))
MOST_BYTES = 140_000  # of one clip


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_examples", FOLDER / "make_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_clip_is_described_and_those_that_were_recorded_are_credited():
    described = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    for clip in CLIPS:
        (row,) = [line for line in described if line.startswith(f"| `{clip.name}` |")]
        assert "| CC0 |" in row, row


def test_the_script_makes_the_clip_that_is_here(script):
    stored, _ = soundfile.read(script.FILE, dtype="int16")
    worst = int(np.abs(stored.astype(int) - script.make().astype(int)).max())
    assert worst <= 2, f"{worst} of 32768"  # libraries round


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.stem)
def test_a_clip_is_five_seconds_of_audible_mono_sound(clip):
    header = soundfile.info(clip)
    assert (header.format, header.subtype, header.channels) == ("FLAC", "PCM_16", 1)
    assert clip.stat().st_size < MOST_BYTES
    sound = load_audio(clip)
    assert 4.5 < sound.seconds < 5.5
    assert 0.005 < np.sqrt(np.mean(sound.waveform**2)) < 0.2
    assert np.abs(sound.waveform).max() < 1.0
