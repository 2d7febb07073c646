"""What the page asks about a check: sounds, maps, looks inside."""

import base64
import io
from pathlib import Path

import pytest
import soundfile


def test_a_perturbed_sound_can_be_heard_opened_and_looked_at(check, upload):
    _, last, asked = check({"source": "sound", "path": str(upload)})
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
def test_questions_about_what_is_not_there_are_answered_with_a_sentence(check, upload, more, words):
    _, last, asked = check({"source": "sound", "path": str(upload)})
    error = asked["check_sound"]({"id": last["id"], **more})["error"]
    assert words.casefold() in error.casefold()


def test_the_smallest_sound_and_scores_over_depth_are_told(check, services, upload):
    _, last, asked = check({"source": "sound", "path": str(upload)})
    request = {"id": last["id"], "sound": 0, "key": ""}
    smallest = asked["check_smallest"](request)
    assert last["report"]["sounds"][0]["best"] in smallest["note"]
    depth = asked["check_depth"](request)
    layers = services.models.get().config.num_hidden_layers
    assert all(len(curve) == layers + 1 for curve in depth["curves"].values())
    best = last["report"]["sounds"][0]
    assert depth["curves"][best["best"]][-1] == pytest.approx(best["score"], abs=1e-4)
