"""What the Live tab's server functions answer, also to those who send nonsense."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.ui.live.server_functions import PICTURE_RANGE, server_functions
from ast_demo.ui.live.sessions import LiveStreams
from ast_demo.ui.services.services import Limits, Services
from tests.helpers.listening_model import LISTENER, scene

RATE = 48000  # Hz, that of most microphones


@pytest.fixture(scope="module")
def services() -> Services:
    return Services.create(Limits(live_streams=3), str(LISTENER), "cpu", "float32")


@pytest.fixture
def live(services) -> SimpleNamespace:
    """The functions by name, with a store of streams of their own."""
    return SimpleNamespace(**{f.__name__: f for f in server_functions(services)})


def chunk(samples: np.ndarray, rate: int = RATE, **more) -> dict:
    """Pack float samples as the page does."""
    pcm = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()
    return {"rate": rate, "pcm": base64.b64encode(pcm).decode(), "floor": -60, **more}


def noise(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * rate))


def test_a_stream_tells_what_is_needed_to_draw_it(live):
    begun = live.live_begin({"model": None})
    assert begun["labels"] == ["Low tone", "High tone", "Hiss"]
    assert begun["grid"]["max_length"] == 128
    assert begun["window_seconds"] == pytest.approx(1.295)
    assert begun["seconds_left"] == 600
    assert begun["silence"] == []  # the listener has no label for it
    json.dumps(begun)


def test_a_heard_sound_comes_back_as_picture_and_scores(live, services):
    waveform = scene([(0.1, 0.9, "High tone")], 1.0)
    key = live.live_begin({})["key"]
    heard = live.live_hear(chunk(waveform, 16000, key=key))
    json.dumps(heard)
    sent = np.rint(waveform * 32768) / 32768
    classifier = services.models.get()
    explanation = classifier.explain(sent.astype(np.float32))
    scores = np.frombuffer(base64.b64decode(heard["scores"]), np.uint8) / 255
    assert scores == pytest.approx(
        [explanation.scores[label] for label in classifier.labels], abs=0.003
    )
    assert scores.argmax() == 1
    frames = np.frombuffer(base64.b64decode(heard["frames"]), np.uint8).reshape(-1, 128)
    low, high = PICTURE_RANGE
    shown = np.clip(explanation.log_mel, low, high)
    assert frames / 255 * (high - low) + low == pytest.approx(shown, abs=0.04)
    assert heard["level"] == pytest.approx(-17, abs=0.5)


def test_silence_comes_back_as_silence(live):
    key = live.live_begin({})["key"]
    heard = live.live_hear(chunk(np.zeros(RATE), key=key))
    assert heard["silent"] is True
    assert not any(base64.b64decode(heard["scores"]))


def test_where_it_looks_is_sent_when_asked_for(live):
    key = live.live_begin({})["key"]
    assert live.live_hear(chunk(noise(0.5), key=key))["rollout"] is None
    rollout = live.live_hear(chunk(noise(0.5), key=key, look=True))["rollout"]
    assert len(base64.b64decode(rollout)) == 12 * 12


def test_a_changed_rate_and_a_pause_start_the_window_afresh_and_are_told(live):
    key = live.live_begin({})["key"]
    live.live_hear(chunk(noise(0.5), key=key))
    heard = live.live_hear(chunk(noise(0.5, 44100), 44100, key=key))
    assert (heard["restarts"], heard["filled"]) == (1, 47)
    assert "48 000 Hz became 44 100 Hz" in heard["notes"][-1]
    lost = {"seconds": 2.0, "reason": "paused"}
    heard = live.live_hear(chunk(noise(0.5, 44100), 44100, key=key, lost=lost))
    assert (heard["restarts"], heard["filled"]) == (2, 47)
    assert heard["notes"][-1] == "2.0 s left out (paused): started again there"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pcm": "%%%"}, "The chunk is no sound"),
        ({"pcm": base64.b64encode(b"odd").decode()}, "The chunk is no sound"),
        ({"pcm": None}, "The chunk is a NoneType"),
        ({"pcm": "A" * 3_000_000}, "at most 2600000 characters"),
        ({"rate": "fast"}, "rate is 'fast'"),
        ({"rate": 7}, "cannot be resampled"),
        ({"rate": True}, "rate is True"),
        ({"floor": 1e9}, "floor is"),
        ({"floor": float("nan")}, "floor is nan"),
        ({"lost": {"seconds": -5}}, "seconds is -5"),
    ],
)
def test_what_is_no_sound_closes_its_stream_with_a_sentence_and_harms_no_other(live, change, said):
    bad, good = live.live_begin({})["key"], live.live_begin({})["key"]
    live.live_hear(chunk(noise(0.3), key=good))
    answer = live.live_hear({**chunk(noise(0.1), key=bad), **change})
    assert said in answer["error"]
    assert live.live_hear(chunk(noise(0.1), key=bad)) == {"gone": True}
    heard = live.live_hear(chunk(noise(0.3), key=good))
    assert heard["filled"] == 58
    assert heard["restarts"] == 0


@pytest.mark.parametrize("request_", [None, 7, [], "text"])
def test_requests_that_are_no_objects_get_a_sentence(live, request_):
    for function in vars(live).values():
        assert "expected an object" in function(request_)["error"]


@pytest.mark.parametrize("key", [None, 3, "", "guess", ["a"], {}])
def test_a_key_that_does_not_exist_finds_nothing(live, key):
    assert live.live_hear(chunk(noise(0.1), key=key)) == {"gone": True}
    assert live.live_moment({"key": key}) == {"gone": True}
    assert live.live_end({"key": key}) == {}


def test_a_model_that_is_not_offered_is_refused(live):
    assert "expected one of" in live.live_begin({"model": "../../etc"})["error"]


def test_one_stream_too_many_is_told_to_come_later(live):
    keys = [live.live_begin({})["key"] for _ in range(3)]
    assert "all 3 live places are taken" in live.live_begin({})["error"].lower()
    live.live_end({"key": keys[0]})
    assert "key" in live.live_begin({})


def test_a_moment_is_the_sound_in_the_window(live, services, tmp_path, monkeypatch):
    monkeypatch.setattr("ast_demo.ui.services.uploads.upload_folder", lambda: tmp_path)
    key = live.live_begin({})["key"]
    assert "no sound in the window yet" in live.live_moment({"key": key})["error"]
    waveform = scene([(1.0, 1.9, "Low tone")], 2.0)
    live.live_hear(chunk(waveform, 16000, key=key))
    path = live.live_moment({"key": key})["path"]
    moment = load_audio(path)
    assert moment.seconds == pytest.approx(1.295)
    sent = (np.rint(waveform * 32768) / 32768).astype(np.float32)
    assert np.array_equal(moment.waveform, sent[70 * 160 : 70 * 160 + len(moment.waveform)])
    assert services.models.get().classify(moment).top(1)[0][0] == "Low tone"


def test_a_busy_model_leaves_scores_out_and_keeps_the_picture(live, services):
    key = live.live_begin({})["key"]
    with services.model_slot():
        heard = live.live_hear(chunk(noise(0.5), key=key))
    assert heard["scores"] is None
    assert heard["new_frames"] == 48


def test_streams_are_not_found_by_a_store_of_another_page(services):
    first, second = (server_functions(services) for _ in range(2))
    key = first[0]({})["key"]
    assert second[1](chunk(noise(0.1), key=key)) == {"gone": True}


def test_the_store_knows_its_streams_by_classifier(services):
    streams = LiveStreams(2, 60)
    session = streams.get(streams.open(services.models.get()))
    assert isinstance(session.classifier, AudioClassifier)
