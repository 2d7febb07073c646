"""Frames of a stream: the same as offline, bounded, honest about what breaks in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ast_demo.audio.load import AudioError
from ast_demo.audio.resampling import resample
from ast_demo.features.extractor import ASTFeatureExtractor, samples_for
from ast_demo.timeline.levels import QUIETEST_DB, level_db
from ast_demo.timeline.streaming import RingBuffer, StreamingFrontEnd

TOLERANCE = 1e-4  # natural-log energy


def sound(sampling_rate: int, seconds: float = 7.3, seed: int = 0) -> np.ndarray:
    """Make a sound that changes all the time: a sweep, clicks, noise that swells, silence."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sampling_rate)) / sampling_rate
    sweep = 0.3 * np.sin(2 * np.pi * (100 + 400 * time) * time)
    noise = rng.normal(0, 0.05, len(time)) * (1 + np.sin(2 * np.pi * 0.4 * time))
    clicks = 0.8 * (rng.random(len(time)) > 0.9998)
    mixed = (sweep + noise + clicks).astype(np.float32)
    mixed[(time > 3) & (time < 3.4)] = 0
    return mixed


def offline(waveform: np.ndarray, sampling_rate: int, extractor: ASTFeatureExtractor) -> np.ndarray:
    """Compute the spectrogram of a whole recording at once."""
    whole = resample(waveform, sampling_rate, extractor.sampling_rate)
    return extractor.log_mel(torch.from_numpy(whole)).numpy()


def streamed(front: StreamingFrontEnd, waveform: np.ndarray, sampling_rate: int, lengths):
    """Push a recording in chunks of these lengths (seconds, repeated); collect every frame."""
    frames, start, turn = [], 0, 0
    while start < len(waveform):
        length = max(1, round(lengths[turn % len(lengths)] * sampling_rate))
        new = front.push(waveform[start : start + length], sampling_rate)
        frames.append(front.log_mel(front.num_frames - new, front.num_frames).copy())
        start, turn = start + length, turn + 1
    new = front.finish()
    frames.append(front.log_mel(front.num_frames - new, front.num_frames).copy())
    return np.concatenate(frames)


@pytest.mark.parametrize("sampling_rate", [16000, 44100, 48000])
@pytest.mark.parametrize("lengths", [[0.02], [0.25], [0.5], [2.0], [0.02, 2.0, 0.001, 0.33]])
def test_streamed_frames_equal_offline_frames(sampling_rate, lengths):
    extractor = ASTFeatureExtractor(max_length=512)
    waveform = sound(sampling_rate)
    got = streamed(StreamingFrontEnd(extractor), waveform, sampling_rate, lengths)
    wanted = offline(waveform, sampling_rate, extractor)
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() < TOLERANCE


def test_kept_sound_is_the_sound_under_the_frames():
    extractor = ASTFeatureExtractor(max_length=64)
    front = StreamingFrontEnd(extractor)
    waveform = sound(16000)
    for start in range(0, len(waveform), 777):
        front.push(waveform[start : start + 777], 16000)
    start, end = front.latest()
    kept = front.waveform(start, end)
    assert np.array_equal(kept, waveform[start * 160 : start * 160 + samples_for(64)])
    again = extractor.log_mel(torch.from_numpy(kept.copy())).numpy()
    assert np.abs(again - front.log_mel(start, end)).max() < TOLERANCE


def test_memory_stays_while_a_stream_goes_on():
    front = StreamingFrontEnd(ASTFeatureExtractor(max_length=128))
    second = sound(48000, 1.0)

    def held() -> int:
        """Count the bytes of every array that the front end reaches."""
        parts = [front, front._frames, front._samples, front._resampler]
        arrays = [v for part in parts for v in vars(part).values() if isinstance(v, np.ndarray)]
        return sum(array.nbytes for array in arrays)

    for _ in range(5):
        front.push(second, 48000)
    early = held()
    for _ in range(60):
        front.push(second, 48000)
    assert held() <= early + second.nbytes
    assert front.num_frames - front.first_frame == 128


def test_frames_that_were_forgotten_are_refused_by_number():
    front = StreamingFrontEnd(ASTFeatureExtractor(max_length=32))
    front.push(sound(16000, 2.0), 16000)
    with pytest.raises(ValueError, match=r"rows 0 to 10 .* 166 to 198 are kept"):
        front.log_mel(0, 10)


def test_new_sampling_rate_starts_afresh_with_a_note():
    extractor = ASTFeatureExtractor(max_length=512)
    front = StreamingFrontEnd(extractor)
    front.push(sound(44100, 1.5), 44100)
    later = sound(48000, 2.0, seed=1)
    got = streamed(front, later, 48000, [0.2])
    assert np.abs(got - offline(later, 48000, extractor)).max() < TOLERANCE
    assert front.restarts == 1
    assert front.start_seconds == pytest.approx(1.5)
    assert front.end_seconds == pytest.approx(3.5)
    assert front.notes[-1] == "44 100 Hz became 48 000 Hz after 1.50 s: started again there"


def test_what_is_not_finite_is_marked_and_harms_no_frame_beside_it():
    extractor = ASTFeatureExtractor(max_length=512)
    front = StreamingFrontEnd(extractor)
    broken = sound(16000, 4.0)
    broken[16000:24000] = np.nan
    broken[24000:24800] = np.inf
    got = streamed(front, broken, 16000, [0.3])
    assert np.isfinite(got).all()
    assert front.gaps == [(pytest.approx(1.0), pytest.approx(1.55))]
    assert front.has_gap(90, 105)
    assert not front.has_gap(0, 97)
    assert not front.has_gap(155, 300)
    mended = np.where(np.isfinite(broken), broken, 0).astype(np.float32)
    assert np.abs(got - offline(mended, 16000, extractor)).max() < TOLERANCE


@pytest.mark.parametrize(
    ("chunk", "sampling_rate", "said"),
    [
        (np.zeros((480, 2), np.float32), 48000, r"float32 \(480, 2\), expected mono"),
        (np.zeros(480, np.int16), 48000, r"int16 \(480,\), expected mono floats"),
        (np.full(480, 20000.0), 48000, "reaches 2e\\+04 times full scale"),
        (np.zeros(480, np.float32), 300, "300, expected a whole number of Hz"),
    ],
)
def test_refused_chunks_are_named_and_leave_the_stream_alone(chunk, sampling_rate, said):
    front = StreamingFrontEnd(ASTFeatureExtractor(max_length=64))
    front.push(sound(48000, 0.5), 48000)
    frames, notes = front.num_frames, list(front.notes)
    with pytest.raises(AudioError, match=said):
        front.push(chunk, sampling_rate)
    assert (front.num_frames, front.notes, front.restarts) == (frames, notes, 0)


def test_recent_rows_survive_every_order_of_lengths():
    rng = np.random.default_rng(3)
    recent, written = RingBuffer(50), np.zeros(0, np.float32)
    for length in rng.integers(0, 130, 200):
        rows = rng.random(length).astype(np.float32)
        recent.append(rows)
        written = np.concatenate([written, rows])
        assert np.array_equal(recent.between(recent.start, recent.end), written[-50:])


def test_level_is_that_of_the_loudest_frame():
    time = np.arange(16000) / 16000
    tone = 0.1 * np.sin(2 * np.pi * 1000 * time) * (time > 0.5)
    assert level_db(tone) == pytest.approx(-23.0, abs=0.1)
    assert level_db(np.zeros(16000, np.float32)) == QUIETEST_DB
    assert level_db(np.zeros(0, np.float32)) == QUIETEST_DB
