"""What the Check tab asks the server for: the numbers of Python, within the host's bounds."""

import base64
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ast_demo.check.report import CheckRequest, CheckSettings, run_check
from ast_demo.check.run import Sound, known_label
from ast_demo.classifier import AudioClassifier
from ast_demo.ui.check.server_functions import (
    check_views,
    kept_checks,
    server_functions,
    shown_report,
)
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from tests.helpers.listening_model import LABELS, LISTENER, sound


@pytest.fixture
def services(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    limits = Limits(zip_members=6, check_sounds=2)
    return Services.create(limits, str(LISTENER), device="cpu", dtype="float32")


@pytest.fixture
def model(services):
    return services.models.default


@pytest.fixture
def upload(tmp_path, services):
    rng = np.random.default_rng(3)
    file = tmp_path / "uploads" / "low tone.wav"
    waveform = sound("Low tone", 1.295, rng) + 0.002 * rng.normal(size=20720)
    soundfile.write(file, waveform, 16000, subtype="FLOAT")
    return file


@pytest.fixture
def archive(tmp_path, services):
    rng = np.random.default_rng(1)
    file = tmp_path / "uploads" / "clips.zip"
    with zipfile.ZipFile(file, "w") as packed:
        for label in LABELS:
            content = io.BytesIO()
            soundfile.write(content, sound(label, 1.295, rng), 16000, format="WAV")
            packed.writestr(f"{label}/1.wav", content.getvalue())
        packed.writestr("Hiss/<b>broken</b>.wav", b"no sound")
    return file


def check(services, model, request, opened=None):
    kept = kept_checks(services.limits)
    *views, last = check_views(services, kept, {"job": 7, **request}, model, opened)
    asked = {function.__name__: function for function in server_functions(services, kept)}
    return views, last, asked


def test_a_check_tells_its_progress_and_gives_the_report_of_python(services, model, upload):
    request = {"source": "sound", "path": str(upload), "title": upload.name}
    views, last, _ = check(services, model, request)
    assert views[0]["status"] == "busy"
    assert {view["job"] for view in [*views, last]} == {7}
    assert last["status"] == "ready"
    classifier = AudioClassifier.load(LISTENER, device="cpu", dtype="float32")
    waveform = services.read(str(upload))[0].waveform
    asked = Sound(upload.name, waveform, known_label(upload.name, classifier.labels))
    settings = CheckSettings(quick=True, heat_clips=0, perturbed_clips=False)
    expected = shown_report(run_check(CheckRequest(classifier, [asked], settings)))
    for part in ("series", "verdicts", "sounds", "numbers"):
        assert last["report"][part] == expected[part]


def test_the_report_fits_into_one_message(services, model):
    _, last, _ = check(services, model, {"source": "examples", "quick": False})
    assert len(json.dumps(last)) < 400_000
    assert len(last["report"]["sounds"]) == services.limits.check_sounds


def test_the_sound_that_is_open_in_explore_can_be_checked(services, model, upload):
    _, last, _ = check(services, model, {"source": "explore"}, str(upload))
    assert [row["sound"] for row in last["report"]["sounds"]] == [upload.name]
    _, last, _ = check(services, model, {"source": "explore"})
    assert "no sound open in Explore" in last["message"]


def test_a_zip_of_labelled_clips_is_measured_and_its_clips_can_be_played(services, model, archive):
    request = {"source": "zip", "path": str(archive), "title": "clips.zip"}
    _, last, asked = check(services, model, request)
    clips = last["report"]["clips"]
    assert clips["clips"] == 3
    assert [row["clip"] for row in clips["unreadable"]] == ["Hiss/<b>broken</b>.wav"]
    answer = asked["check_clip"]({"id": last["id"], "clip": "Hiss/1.wav"})
    assert Path(answer["path"]).is_file()
    assert "no such clip" in asked["check_clip"]({"id": last["id"], "clip": "../x"})["error"]
    assert "--data clips.zip" in last["report"]["command"]


def test_a_zip_beyond_the_limits_is_refused_with_the_command_for_home(services, model, tmp_path):
    file = tmp_path / "uploads" / "many.zip"
    with zipfile.ZipFile(file, "w") as packed:
        for number in range(7):
            packed.writestr(f"Hiss/{number}.wav", b"x")
    request = {"source": "zip", "path": str(file), "title": "many.zip"}
    _, last, _ = check(services, model, request)
    assert "7 files, the limit is 6" in last["message"]
    assert "python -m ast_demo check" in last["message"]
    assert "--data many.zip" in last["message"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"source": "the web"}, "the source is 'the web'"),
        ({"source": "sound"}, "no sound yet"),
        ({"source": "sound", "path": "/etc/passwd"}, "only files uploaded"),
        ({"source": "zip", "path": "/etc/passwd"}, "only files uploaded"),
        ({"source": "zip"}, "did not arrive"),
        ({"source": "examples", "kept": 7}, "kept is 7"),
        ({"source": "examples", "seed": -1}, "seed is -1"),
        ({"source": "examples", "against": "/home/x"}, "the model is '/home/x'"),
        ({"source": "examples", "room": "http://x/y.wav"}, "addresses are not fetched"),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(services, model, request_, words):
    _, last, _ = check(services, model, request_)
    assert last["status"] == "error"
    assert words.casefold() in last["message"].casefold()


def test_a_model_can_be_compared_with_itself_normalized_otherwise(services, model, upload):
    request = {"source": "sound", "path": str(upload), "against": "normalized as Speech Commands"}
    _, last, _ = check(services, model, request)
    assert last["report"]["comparison"]["greatest_input_difference"] > 0.05
    assert last["report"]["against"]["mean"] == pytest.approx(-6.845978)


def test_a_check_that_takes_too_long_shows_what_is_done(tmp_path, monkeypatch, services, model):
    monkeypatch.setattr(
        "ast_demo.ui.check.server_functions.time.monotonic", iter(range(0, 10**9, 200)).__next__
    )
    _, last, _ = check(services, model, {"source": "examples"})
    assert any("Not finished" in line for line in last["report"]["not_tested"])


def test_a_perturbed_sound_can_be_heard_opened_and_looked_at(services, model, upload):
    _, last, asked = check(services, model, {"source": "sound", "path": str(upload)})
    request = {"id": last["id"], "sound": 0, "key": "white noise 0 dB SNR"}
    heard = asked["check_sound"](request)
    waveform, rate = soundfile.read(io.BytesIO(base64.b64decode(heard["wav"])))
    assert rate == 16000
    assert len(waveform) == 20720
    opened = asked["check_open"](request)
    assert Path(opened["path"]).is_file()
    maps = asked["check_maps"](request)
    assert len(base64.b64decode(maps["pictures"][1]["cells"])) == maps["frames"] * maps["bins"]
    assert len(base64.b64decode(maps["pictures"][1]["heat"])) == maps["rows"] * maps["columns"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"sound": 9, "key": ""}, "the sound is 9"),
        ({"sound": "0", "key": ""}, "expected a whole number"),
        ({"sound": 0, "key": "fog"}, "the perturbation is 'fog'"),
        ({"id": "gone", "sound": 0, "key": ""}, "no longer kept"),
    ],
)
def test_questions_about_what_is_not_there_are_answered_with_a_sentence(
    services, model, upload, more, words
):
    _, last, asked = check(services, model, {"source": "sound", "path": str(upload)})
    error = asked["check_sound"]({"id": last["id"], **more})["error"]
    assert words.casefold() in error.casefold()


def test_the_smallest_sound_and_scores_over_depth_are_told(services, model, upload):
    _, last, asked = check(services, model, {"source": "sound", "path": str(upload)})
    request = {"id": last["id"], "sound": 0, "key": ""}
    smallest = asked["check_smallest"](request)
    assert last["report"]["sounds"][0]["best"] in smallest["note"]
    depth = asked["check_depth"](request)
    layers = services.models.get().config.num_hidden_layers
    assert all(len(curve) == layers + 1 for curve in depth["curves"].values())
    best = last["report"]["sounds"][0]
    assert depth["curves"][best["best"]][-1] == pytest.approx(best["score"], abs=1e-4)


@pytest.mark.parametrize("kind", ["html", "pdf", "json", "csv", "md"])
def test_the_report_comes_as_a_file(services, model, upload, kind):
    _, last, asked = check(services, model, {"source": "sound", "path": str(upload)})
    answer = asked["check_export"]({"id": last["id"], "kind": kind})
    assert answer["name"].endswith(f".{kind}")
    assert len(base64.b64decode(answer["data"])) > 500
    assert "kind is 'exe'" in asked["check_export"]({"id": last["id"], "kind": "exe"})["error"]
