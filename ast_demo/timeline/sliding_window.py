"""The model's window slides over a recording of any length, in memory that does not grow.

    file or array -> blocks -> frames, each computed once -> batches of windows -> scores

Only the scores grow with the length of the sound.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ast_demo.audio.arrays import time_first, to_array
from ast_demo.audio.gaps import Gap
from ast_demo.audio.limits import checked_rate
from ast_demo.audio.load import (
    Audio,
    AudioError,
    array_blocks,
    read_blocks,
    stated_length,
    unpack,
)
from ast_demo.audio.source import is_stored
from ast_demo.features.extractor import HOP_SECONDS
from ast_demo.model.predictor import Predictor
from ast_demo.timeline.levels import level_db
from ast_demo.timeline.overview import Overview
from ast_demo.timeline.streaming import StreamingFrontEnd
from ast_demo.timeline.timeline import Timeline
from ast_demo.values import is_number

BLOCK_SECONDS = 10.0  # of sound in memory at a time
LONGEST_HOP = 1e6  # seconds; far beyond any recording
PLACES_NAMED = 3  # gaps whose place a note tells; all are in Timeline.gaps

Progress = Callable[[float, "float | None"], None]  # seconds done, seconds in all if known


def compute_timeline(
    classifier: Predictor, sound, progress: Progress | None = None, **settings
) -> Timeline:
    """Slide the model's window over a sound of any length.

    Args:
        classifier: the model that listens.
        sound: path of a file, an `Audio`, or an array as for `AudioClassifier.classify`.
        progress: called after every block of sound and every batch with the seconds done and, if
            known, in all; to stop, raise an exception from it.
        **settings: as for `timeline_steps`.

    Raises:
        AudioError: if nothing of the sound can be read.
        ValueError: for a hop that makes no sense.
    """
    for step in timeline_steps(classifier, sound, **settings):
        if progress is not None:
            progress(step.seconds, step.total)
    return step.timeline()


def timeline_steps(
    classifier: Predictor,
    sound,
    sampling_rate: int = 16000,
    hop_seconds: float | None = None,
    batch_size: int | None = None,
    max_seconds: float | None = None,
    max_values: int | None = None,
) -> Generator[Step, None, None]:
    """Do the work of `compute_timeline` step by step; closing the generator cancels it.

    Args:
        classifier: the model that listens.
        sound: path, `Audio` or array.
        sampling_rate: rate of an array in Hz.
        hop_seconds: from one window to the next; half a window by default, to 10 ms.
        batch_size: windows that the model takes at a time.
        max_seconds: where to stop, with a note.
        max_values: after how many decoded values of a file, channels counted, to stop, with a note.

    Yields:
        a Step after each block of sound and each batch; the last one has the whole timeline.
    """
    run = _Run(classifier, hop_seconds, batch_size)
    total, blocks = _source(sound, sampling_rate, run, max_seconds, max_values)
    if total is not None and max_seconds is not None:
        total = min(total, max_seconds)
    yield Step(0.0, total, run.timeline)
    for block, rate in blocks:
        run.take(block, rate)
        for _ in run.score_whole_windows():
            yield Step(run.seconds, total, run.timeline)
        yield Step(run.seconds, total, run.timeline)  # with a long hop no batch fills for hours
    run.finish()
    for _ in run.score_rest():
        yield Step(run.seconds, total, run.timeline)
    run.check()
    yield Step(run.seconds, run.seconds, run.timeline)


@dataclass(frozen=True)
class Step:
    """How far a slide has come."""

    seconds: float  # read so far
    total: float | None  # in all, if known
    timeline: Callable[[], Timeline]  # builds the timeline of the windows scored so far


class _Run:
    """The state of one slide: a bounded stretch of frames, and the scores so far."""

    def __init__(self, classifier: Predictor, hop_seconds: float | None, batch_size: int | None):
        extractor = classifier.extractor
        self.classifier = classifier
        self.length = extractor.max_length  # frames of a window
        self.hop = _hop_frames(hop_seconds, self.length)
        self.batch_size = batch_size or classifier.batch_limit
        block = round(BLOCK_SECONDS / HOP_SECONDS) + 1  # new frames
        self.front = StreamingFrontEnd(extractor, self.length + block, classifier.device)
        self.overview = Overview(extractor.num_mel_bins)
        self.notes: list[str] = []
        self.gaps: list[Gap] = []
        self.next = 0  # frame at which the next window starts
        self.waiting: list[np.ndarray] = []  # log-mel of windows, copied: the ring moves on
        self.windows: list[tuple[float, float]] = []
        self.levels: list[float] = []
        self.inner_levels: list[float] = []
        self.scores = bytearray()  # float32, in one block: small arrays fragment the heap

    @property
    def seconds(self) -> float:
        """Seconds of sound read so far."""
        return self.front.end_seconds

    def take(self, block: np.ndarray, rate: int) -> None:
        """Turn the next block of sound into frames."""
        self._look_over(self.front.push(block, rate))

    def finish(self) -> None:
        """Turn what still waits for the resampler into frames."""
        self._look_over(self.front.finish())

    def _look_over(self, new: int) -> None:
        end = self.front.num_frames
        self.overview.add(self.front.log_mel(max(self.front.first_frame, end - new), end))

    def score_whole_windows(self) -> Iterator[None]:
        """Score the windows that the frames so far complete; a part of a batch waits for more."""
        while self.next + self.length <= self.front.num_frames:
            self._set_aside(self.next, self.next + self.length)
            if len(self.waiting) == self.batch_size:
                self._score()
                yield

    def score_rest(self) -> Iterator[None]:
        """Score what still waits, and the sound after the last whole window as one window more."""
        yield from self.score_whole_windows()
        covered = self.next - self.hop + self.length if self.windows else 0
        if self.next < self.front.num_frames and covered < self.front.num_frames:
            self._set_aside(self.next, self.front.num_frames)
        if self.waiting:
            self._score()
            yield

    def check(self) -> None:
        """Raise an AudioError if not even one window came together."""
        if not self.windows:
            raise AudioError(
                f"the sound lasts {1000 * self.seconds:.1f} ms, expected at least 25 ms (one frame "
                "of the spectrogram): record a longer sound."
            )

    def timeline(self) -> Timeline:
        """Return what was found so far."""
        classifier = self.classifier
        hop_seconds = self.hop * HOP_SECONDS
        scores = np.frombuffer(self.scores, dtype=np.float32).copy()
        scores = scores.reshape(-1, len(classifier.labels))
        timeline = Timeline(
            labels=list(classifier.labels),
            windows=np.array(self.windows[: len(scores)]).reshape(-1, 2),
            scores=scores,
            levels=np.array(self.levels[: len(scores)], dtype=np.float32),
            inner_levels=np.array(self.inner_levels[: len(scores)], dtype=np.float32),
            rule=classifier.rule,
            seconds=self.seconds,
            window_seconds=classifier.window_seconds,
            hop_seconds=hop_seconds,
            gaps=tuple(sorted([*self.gaps, *self.front.gaps])),
            model=classifier.checkpoint.name if classifier.checkpoint else "",
            overview=self.overview.picture(),
            overview_seconds=self.overview.frames_per_column * HOP_SECONDS,
        )
        timeline.notes = (*self.notes, *self.front.notes, *_window_notes(timeline))
        return timeline

    def _set_aside(self, start: int, end: int) -> None:
        front = self.front
        self.waiting.append(front.log_mel(start, end).copy())
        self.windows.append(front.seconds(start, end))
        sound = front.waveform(start, end)
        quarter = len(sound) // 4
        self.levels.append(level_db(sound, front.sampling_rate))
        self.inner_levels.append(level_db(sound[quarter:-quarter], front.sampling_rate))
        self.next += self.hop

    def _score(self) -> None:
        self.scores += score_windows(self.classifier, self.waiting).tobytes()
        self.waiting = []


def score_windows(classifier: Predictor, windows: list[np.ndarray]) -> np.ndarray:
    """Score windows of log-mel frames, each (frames, mel_bins): float32 (windows, labels)."""
    extractor = classifier.extractor
    batch = torch.stack([extractor.finish(torch.from_numpy(window)) for window in windows])
    return classifier.scores_of(classifier.logits(batch))


def _hop_frames(hop_seconds: float | None, length: int) -> int:
    if hop_seconds is None:
        return max(1, length // 2)
    if not is_number(hop_seconds) or not HOP_SECONDS <= hop_seconds <= LONGEST_HOP:
        raise ValueError(
            f"hop_seconds is {hop_seconds!r}, expected a number of at least {HOP_SECONDS} (one "
            f"frame) and at most {LONGEST_HOP:g}, or None for half a window."
        )
    return round(hop_seconds / HOP_SECONDS)


def _source(
    sound, sampling_rate: int, run: _Run, max_seconds: float | None, max_values: int | None
):
    """Return a sound's length, if known, and an iterator over (block, sampling rate)."""
    sound, sampling_rate = unpack(sound, sampling_rate)
    if is_stored(sound):
        total = stated_length(sound, max_values)[1]
        return total, _file_blocks(sound, run, max_seconds, max_values)
    if isinstance(sound, Audio):
        run.notes.extend(sound.notes)
        sound, sampling_rate = sound.waveform, sound.sampling_rate
    checked_rate("the sound", sampling_rate, run.front.sampling_rate)
    waveform, rate = time_first(to_array(sound)), int(sampling_rate)
    return len(waveform) / rate, _array_blocks(waveform, rate, run, max_seconds)


def _file_blocks(
    path, run: _Run, max_seconds: float | None, max_values: int | None
) -> Iterator[tuple[np.ndarray, int]]:
    """Yield a file in blocks at the model's rate; a fault after the beginning becomes a note."""
    rate = run.front.sampling_rate
    blocks = read_blocks(
        path, rate, BLOCK_SECONDS, max_seconds, run.notes, run.gaps, max_values=max_values
    )
    try:
        for block in blocks:
            yield block, rate
    except AudioError as error:
        if not run.front.num_frames:
            raise
        run.notes.append(f"reading stopped after {run.seconds:.2f} s: {error}")


def _array_blocks(waveform: np.ndarray, sampling_rate: int, run: _Run, max_seconds: float | None):
    """Yield an array in mono blocks at its own rate; the front end records what is not finite."""
    if max_seconds is not None and len(waveform) > max_seconds * sampling_rate:
        run.notes.append(f"cut after {max_seconds:g} s, the sound goes on")
        waveform = waveform[: round(max_seconds * sampling_rate)]
    notes: list[str] = []
    for block in array_blocks(waveform, sampling_rate, notes):
        yield block, sampling_rate
    run.notes.extend(notes)


def _window_notes(timeline: Timeline) -> list[str]:
    """Say what the windows do not show plainly."""
    notes = []
    if timeline.padded.any():
        start, end = timeline.windows[-1]
        notes.append(
            f"the last window holds {end - start:.2f} s of sound and is padded to "
            f"{timeline.window_seconds:.2f} s"
        )
    if timeline.gaps:
        lost = sum(end - start for start, end in timeline.gaps)
        places = ", ".join(f"{start:.2f} s" for start, _ in timeline.gaps[:PLACES_NAMED])
        more = ", ..." if len(timeline.gaps) > PLACES_NAMED else ""
        notes.append(
            f"{lost:.2f} s hold no numbers (NaN, infinity or damage) and were read as silence: "
            f"from {places}{more} on"
        )
    if timeline.hop_seconds > timeline.window_seconds:
        notes.append(
            f"the hop of {timeline.hop_seconds:g} s is longer than the window of "
            f"{timeline.window_seconds:.2f} s: sound between windows was not heard"
        )
    return notes
