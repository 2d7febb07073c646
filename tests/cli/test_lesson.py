"""The commands that make a worksheet and measure what experiments do."""

import json

import numpy as np
import soundfile

from ast_demo.__main__ import main


def write_tone(path, hertz):
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = 0.2 * np.sin(2 * np.pi * hertz * np.arange(16000) / 16000)
    soundfile.write(path, tone, 16000, subtype="PCM_16")


def test_a_worksheet_is_written(tmp_path, capsys):
    write_tone(tmp_path / "our sound.wav", 440)
    target = tmp_path / "sheet.pdf"
    arguments = ["lesson", str(tmp_path / "our sound.wav"), "-o", str(target)]
    assert main([*arguments, "--model", "speech-commands"]) == 0
    assert target.read_bytes().startswith(b"%PDF")
    assert "two pages and a key" in capsys.readouterr().out


def test_an_unknown_language_is_one_sentence(tmp_path, capsys):
    write_tone(tmp_path / "a.wav", 440)
    arguments = ["lesson", str(tmp_path / "a.wav"), "-o", str(tmp_path / "a.pdf")]
    assert main([*arguments, "--language", "xx"]) == 2
    assert capsys.readouterr().err.startswith("error: language is 'xx', expected one of en")


def test_effects_of_a_folder_of_clips_are_written(tmp_path):
    for label in ("yes", "no"):
        for split in ("train", "validation"):
            write_tone(tmp_path / "data" / split / label / "tone.wav", 300 + 200 * len(label))
    target = tmp_path / "effects.json"
    arguments = ["effects", "speech-commands", "--data", str(tmp_path / "data")]
    assert main([*arguments, "-o", str(target)]) == 0
    measured = json.loads(target.read_text())
    assert measured["clips"] == 2
    assert measured["experiments"]["shuffle_with_addresses"]["kept"] == 1
