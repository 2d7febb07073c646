"""A followed stream: the same scores as offline, silence as silence, bounded, forgotten in time."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from ast_demo.audio.load import AudioError
from ast_demo.classifier import AudioClassifier
from ast_demo.features.extractor import samples_for
from ast_demo.ui.live.session import LiveSession
from ast_demo.ui.live.sessions import LiveStreams
from ast_demo.ui.services.visitor import Visitor, visiting
from tests.helpers.listening_model import save_keyword_listener, scene
from tests.helpers.models import hearing_classifier

LABELS = ["Dog", "Silence", "Speech"]
WINDOW = samples_for(64)


@pytest.fixture(scope="module")
def tiny() -> AudioClassifier:
    return hearing_classifier(
        LABELS,
        std=0.3,
        num_attention_heads=4,
        intermediate_size=48,
        max_length=64,
        num_mel_bins=48,
    )


class Clock:
    """Time that passes only when told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def noise(seconds: float, level: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(1)
    return rng.normal(0, level, round(seconds * 16000)).astype(np.float32)


def chunks(waveform: np.ndarray, seconds: float = 0.25):
    step = round(seconds * 16000)
    return [waveform[start : start + step] for start in range(0, len(waveform), step)]


def test_first_scores_are_those_of_the_window_classified_alone(tiny):
    session = LiveSession(tiny)
    sound = noise(0.25)
    update = session.push(sound, 16000)
    alone = tiny.classify(sound).scores
    assert dict(zip(LABELS, update.scores.tolist())) == pytest.approx(alone, abs=1e-4)


def test_scores_settle_on_those_of_the_latest_window(tiny):
    session = LiveSession(tiny)
    steady = np.tile(noise(0.16), 20)  # the same 16 frames over and over
    for chunk in chunks(steady, 0.16):
        update = session.push(chunk, 16000)
    moment = session.moment()
    assert len(moment) == WINDOW
    alone = tiny.classify(moment).scores
    assert dict(zip(LABELS, update.scores.tolist())) == pytest.approx(alone, abs=0.02)


def test_scores_are_smoothed_over_time(tiny, monkeypatch):
    session = LiveSession(tiny)
    monkeypatch.setattr(tiny, "scores_of", lambda logits: np.zeros((1, 3), np.float32))
    session.push(noise(0.7), 16000)
    monkeypatch.setattr(tiny, "scores_of", lambda logits: np.ones((1, 3), np.float32))
    rising = [session.push(noise(0.02), 16000).scores[0] for _ in range(3)]
    constant = tiny.window_seconds / 16
    wanted = [1 - np.exp(-0.02 * count / constant) for count in (1, 2, 3)]
    assert rising == pytest.approx(wanted, abs=1e-4)


def test_a_word_counts_as_soon_as_it_is_heard_and_no_longer_than_it_is(tmp_path):
    classifier = AudioClassifier.load(save_keyword_listener(tmp_path), "cpu", "float32")
    session = LiveSession(classifier)
    words = [(1.5, 2.1, "Low tone"), (4.0, 4.6, "High tone"), (6.5, 7.1, "Hiss")]
    shown = {}  # label -> seconds at which it counted
    for chunk in chunks(scene(words, 9.5), classifier.window_seconds / 8):
        update = session.push(chunk, 16000)
        if update.scores is not None and not update.silent:
            best = classifier.labels[int(update.scores.argmax())]
            shown.setdefault(best, []).append(session.front.end_seconds)
    assert list(shown) == [label for *_, label in words]
    for start, end, label in words:
        assert start < shown[label][0] < start + 0.4
        assert end < shown[label][-1] < end + classifier.window_seconds / 2 + 0.2


def test_silence_is_silence_without_asking_the_model(tiny, monkeypatch):
    session = LiveSession(tiny)
    session.push(noise(0.7), 16000)
    monkeypatch.setattr(tiny.model, "forward", None)
    update = session.push(noise(0.7, level=1e-5), 16000)
    assert update.silent
    assert not update.scores.any()
    assert update.level < -90


def test_a_faint_sound_is_heard_once_the_floor_is_lowered(tiny):
    session = LiveSession(tiny)
    assert session.push(noise(0.7, level=3e-4), 16000).silent
    session.floor_db = -90
    assert session.push(noise(0.7, level=3e-4), 16000).scores.any()


def test_the_label_silence_is_believed_when_its_score_is_high(tiny, monkeypatch):
    session = LiveSession(tiny)
    for score, silent in ((0.3, False), (0.9, True)):
        scores = np.array([[0.1, score, 0.05]], np.float32)
        monkeypatch.setattr(tiny, "scores_of", lambda logits, scores=scores: scores)
        session._smoothed = None
        assert session.push(noise(0.7), 16000).silent is silent


def test_a_busy_model_is_not_waited_for_and_frames_are_kept(tiny):
    session = LiveSession(tiny)
    update = session.push(noise(0.7), 16000, if_free=lambda run: False)
    assert update.scores is None
    assert session.front.num_frames == 68
    assert session.push(noise(0.02), 16000).scores is not None


def test_where_it_looks_is_the_rollout_of_the_window(tiny):
    session = LiveSession(tiny)
    update = session.push(noise(0.7), 16000, look=True)
    wanted = tiny.explain(session.moment()).rollout
    assert update.rollout == pytest.approx(wanted, abs=1e-5)


def test_a_moment_explained_has_the_scores_of_that_moment(tiny):
    session = LiveSession(tiny)
    update = session.push(noise(0.7), 16000)
    explained = tiny.explain(session.moment()).scores
    assert dict(zip(LABELS, update.scores.tolist())) == pytest.approx(explained, abs=1e-4)


def test_a_moment_is_the_window_that_was_scored_last_not_what_came_since(tiny):
    session = LiveSession(tiny)
    update = session.push(noise(0.7), 16000)
    session.push(noise(0.3, level=0.01), 16000, if_free=lambda run: False)  # the model was busy
    explained = tiny.explain(session.moment()).scores
    assert dict(zip(LABELS, update.scores.tolist())) == pytest.approx(explained, abs=1e-4)


def test_what_was_left_out_starts_the_window_afresh_and_is_noted(tiny):
    session = LiveSession(tiny)
    session.push(noise(0.7), 16000)
    session.skip(3.0, "paused")
    update = session.push(noise(0.25), 16000)
    assert update.filled == 23
    assert session.front.end_seconds == pytest.approx(0.7 + 3.0 + 0.25)
    assert session.front.notes[-1] == "3.0 s left out (paused): started again there"
    session.skip(570.0, "stopped")
    assert session.front.notes[-1] == "9.5 minutes left out (stopped): started again there"


def test_a_chunk_that_is_no_audio_is_refused(tiny):
    with pytest.raises(AudioError, match="expected mono floats"):
        LiveSession(tiny).push(np.zeros((10, 2), np.float32), 16000)


# The store


def test_streams_have_keys_that_tell_nothing_and_are_found_by_them(tiny):
    streams = LiveStreams(capacity=3, max_seconds=600)
    keys = [streams.open(tiny) for _ in range(3)]
    assert len(set(keys)) == 3
    assert min(map(len, keys)) >= 20
    assert streams.get(keys[1]) is not streams.get(keys[2])


def test_one_address_leaves_live_places_for_others(tiny):
    streams = LiveStreams(capacity=4, max_seconds=600)
    with visiting(Visitor("greedy")):
        keys = [streams.open(tiny) for _ in range(3)]
        with pytest.raises(ValueError, match="3 live places are taken from your address"):
            streams.open(tiny)
    with visiting(Visitor("other")):
        streams.open(tiny)
    streams.close(keys[0])
    with visiting(Visitor("greedy")):
        streams.open(tiny)


def test_one_stream_too_many_is_told_to_come_later(tiny):
    streams = LiveStreams(capacity=1, max_seconds=600)
    first = streams.open(tiny)
    with pytest.raises(ValueError, match="all 1 live places are taken"):
        streams.open(tiny)
    streams.close(first)
    streams.open(tiny)


def test_a_stream_ends_at_its_limit_with_a_sentence(tiny):
    clock = Clock()
    streams = LiveStreams(capacity=2, max_seconds=600, clock=clock)
    key = streams.open(tiny)
    clock.now += 599
    assert streams.seconds_left(streams.get(key)) == pytest.approx(1)
    clock.now += 2
    with pytest.raises(ValueError, match="limit of 10 minutes"):
        streams.get(key)
    assert len(streams) == 0


def test_streams_that_send_nothing_are_forgotten(tiny):
    clock = Clock()
    streams = LiveStreams(capacity=2, max_seconds=600, idle_seconds=20, clock=clock)
    quiet, talking = streams.open(tiny), streams.open(tiny)
    clock.now += 15
    streams.get(talking).push(noise(0.1), 16000)
    clock.now += 10
    streams.sweep()
    assert len(streams) == 1
    with pytest.raises(KeyError):
        streams.get(quiet)


def test_streams_are_forgotten_though_nobody_else_comes(tiny):
    streams = LiveStreams(capacity=2, max_seconds=600, idle_seconds=0.2)
    streams.open(tiny)
    gone = threading.Event()
    for _ in range(100):
        if not len(streams):
            break
        gone.wait(0.05)
    assert len(streams) == 0
