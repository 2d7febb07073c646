"""What the page asks for is read within the host's bounds, each of which is told in words."""

import dataclasses
import zipfile
from pathlib import Path

import pytest


def test_a_zip_of_labelled_clips_is_measured_and_its_clips_can_be_played(check, archive):
    request = {"source": "zip", "path": str(archive), "title": "clips.zip"}
    _, last, asked = check(request)
    clips = last["report"]["clips"]
    assert clips["clips"] == 3
    assert [row["clip"] for row in clips["unreadable"]] == ["Hiss/<b>broken</b>.wav"]
    answer = asked["check_clip"]({"id": last["id"], "clip": "Hiss/1.wav"})
    assert Path(answer["path"]).is_file()
    assert "no such clip" in asked["check_clip"]({"id": last["id"], "clip": "../x"})["error"]
    assert "--data clips.zip" in last["report"]["command"]


def test_a_zip_beyond_the_limits_is_refused_with_the_command_for_home(check, tmp_path):
    file = tmp_path / "uploads" / "many.zip"
    with zipfile.ZipFile(file, "w") as packed:
        for number in range(7):
            packed.writestr(f"Hiss/{number}.wav", b"x")
    request = {"source": "zip", "path": str(file), "title": "many.zip", "heat": True}
    _, last, _ = check(request)
    assert "--quick --heat 3" in last["message"]
    assert "7 files, the limit is 6" in last["message"]
    assert "python -m ast_demo check" in last["message"]
    assert "--data many.zip" in last["message"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"source": "the web"}, "the source is 'the web'"),
        ({"source": "sound"}, "the sound did not arrive"),
        ({"source": "sound", "path": "/etc/passwd"}, "only files uploaded"),
        ({"source": "zip", "path": "/etc/passwd"}, "only files uploaded"),
        ({"source": "zip"}, "did not arrive"),
        ({"source": "examples", "kept": 7}, "kept is 7"),
        ({"source": "examples", "seed": -1}, "seed is -1"),
        ({"source": "examples", "against": "/home/x"}, "model B is '/home/x', expected one of"),
        ({"source": "examples", "room": "http://x/y.wav"}, "addresses are not fetched"),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(check, request_, words):
    _, last, _ = check(request_)
    assert last["status"] == "error"
    assert words.casefold() in last["message"].casefold()


def test_a_model_can_be_compared_with_itself_normalized_otherwise(check, upload):
    request = {"source": "sound", "path": str(upload), "against": "normalized as Speech Commands"}
    _, last, _ = check(request)
    assert last["report"]["comparison"]["greatest_input_difference"] > 0.05
    assert last["report"]["against"]["mean"] == pytest.approx(-6.845978)


def limited(services, **bounds):
    services.limits = dataclasses.replace(services.limits, **bounds)


def test_sounds_beyond_the_number_are_left_out_and_the_report_says_so(check):
    _, last, _ = check({"source": "examples"})
    told = "Left out: 10 of 12 sounds: here at most 2 are bent at a time."
    assert told in last["report"]["not_tested"]


def test_too_many_seconds_of_labelled_clips_are_refused_with_the_command_for_home(
    services, check, archive
):
    limited(services, check_sound_seconds=3)
    _, last, _ = check({"source": "zip", "path": str(archive), "title": "my clips.zip"})
    assert "more than 3 s in all, which is the limit here. At home:" in last["message"]
    assert "--data 'my clips.zip'" in last["message"]
    limited(services, check_sound_seconds=4)  # three of 1.3 s; the broken one counts nothing
    assert check({"source": "zip", "path": str(archive)})[1]["status"] == "ready"


def test_too_many_seconds_of_sounds_are_refused_with_the_command_for_home(services, check):
    limited(services, check_sound_seconds=2)
    _, last, _ = check({"source": "examples", "quick": False, "kept": 0.8, "seed": 3})
    assert "more than 2 s in all" in last["message"]
    assert last["message"].endswith("--bar kept=0.8 --seed 3 -o report.html")


def test_a_model_that_is_not_offered_is_named_with_the_command_for_home(check):
    _, last, _ = check({"source": "examples", "against": "MIT/other"})
    assert "--against MIT/other" in last["message"]
