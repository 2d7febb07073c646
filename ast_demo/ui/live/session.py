"""A microphone, followed: the latest window of a stream, scored as often as there is time for it.

A stream's chunks are turned into frames as they come, which is cheap. The model only ever looks at
the latest window; when it is slow or busy, looks are left out, so nothing piles up.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from ast_demo.explain.attention_maps import patch_values
from ast_demo.timeline.levels import FADED_DB, QUIETEST_DB, SILENCE_DB, level_db
from ast_demo.timeline.streaming import StreamingFrontEnd

SMOOTHING_SHARE = 1 / 16  # of the window: 0.32 s for 5.13 s; short windows answer faster
SHORTEST_SHARE = 1 / 12  # of the window, before the model is asked: less is mostly padding
SILENCE_SCORE = 0.5  # from here on a label that says silence is believed
WORTH_MINUTES = 120  # seconds left out from which they are told as minutes
SILENCE_LABELS = frozenset({"silence", "_silence_"})

IfFree = Callable[[Callable[[], None]], bool]  # runs a function if the model is free; tells whether


@dataclass
class Update:
    """What a push changed."""

    log_mel: np.ndarray  # new frames (frames, mel_bins), natural log
    num_frames: int  # frames since the stream began, or began again
    filled: int  # frames of sound in the window
    level: float  # of the chunk, dB of full scale
    silent: bool  # nothing in the window is above the floor, its word is over, or it is silence
    scores: np.ndarray | None  # smoothed (labels,); None if the model did not look this time
    rollout: np.ndarray | None = None  # (freq_patches, time_patches), if asked for
    timings: dict[str, float] = field(default_factory=dict)  # stage -> milliseconds


class LiveSession:
    """One visitor's stream: its front end, its smoothed scores, its clock.

    Args:
        classifier: the `AudioClassifier` that listens.
        clock: seconds that only grow.
    """

    def __init__(self, classifier, clock: Callable[[], float] = time.monotonic):
        self.classifier = classifier
        self.front = StreamingFrontEnd(classifier.extractor, device=classifier.device)
        self.floor_db = SILENCE_DB
        self.began = self.last_push = clock()
        self.lock = threading.Lock()  # one push at a time
        self._clock = clock
        self._smoothed: np.ndarray | None = None  # (labels,)
        self._smoothed_at = 0.0  # seconds of the stream
        self._scored = None  # the sound in the window that was scored last, (samples,)
        names = [label.strip().lower() for label in classifier.labels]
        self.silence = [i for i, name in enumerate(names) if name in SILENCE_LABELS]  # labels

    def push(
        self,
        chunk: np.ndarray,
        sampling_rate: int,
        if_free: IfFree | None = None,
        look: bool = False,
    ) -> Update:
        """Take the next chunk; score the latest window if the model is free.

        Args:
            chunk: mono audio, float32 (samples,), full scale 1.0.
            sampling_rate: rate of the chunk in Hz.
            if_free: runs the model, or leaves it out because others use it; None runs it always.
            look: whether to tell where the model looked.

        Raises:
            AudioError: if the chunk is no audio.
        """
        self.last_push = self._clock()
        start = time.perf_counter()
        restarts = self.front.restarts
        new = self.front.push(chunk, sampling_rate)
        if self.front.restarts != restarts:
            self._smoothed = self._scored = None
        end = self.front.num_frames
        first, _ = self.front.latest()
        update = Update(
            log_mel=self.front.log_mel(max(first, end - new), end).copy(),
            num_frames=end,
            filled=end - first,
            level=level_db(np.nan_to_num(chunk), sampling_rate) if len(chunk) else QUIETEST_DB,
            silent=False,
            scores=None,
            timings={"features": 1000 * (time.perf_counter() - start)},
        )
        if update.filled >= SHORTEST_SHARE * self.classifier.extractor.max_length:
            self._score(update, if_free, look)
        return update

    def skip(self, seconds: float, reason: str) -> None:
        """Begin again after a stretch that was left out, such as a pause."""
        told = f"{seconds:.1f} s" if seconds < WORTH_MINUTES else f"{seconds / 60:.1f} minutes"
        self.front.restart(f"{told} left out ({reason}): started again there", seconds)
        self._smoothed = self._scored = None

    def moment(self) -> np.ndarray:
        """Return the sound in the window whose scores came last, (samples,) at the model's rate.

        Sound may have come after it for which the model had no time: its scores were never shown.
        """
        if self._scored is not None:
            return self._scored
        return self.front.waveform(*self.front.latest()).copy()

    def _score(self, update: Update, if_free: IfFree | None, look: bool) -> None:
        start, end = self.front.latest()
        sound = self.front.waveform(start, end)
        loudest = level_db(sound, self.front.sampling_rate)
        if loudest < self.floor_db or self._is_over(sound, loudest):
            update.silent = True
            self._smoothed = update.scores = np.zeros(len(self.classifier.labels), np.float32)
            self._smoothed_at = self.front.end_seconds
            self._scored = sound.copy()
            return
        run = functools.partial(self._run_model, update, start, end, look)
        if if_free is None:
            run()
        else:
            if_free(run)

    def _is_over(self, sound: np.ndarray, loudest: float) -> bool:
        """Tell whether a word has ended that now slides out of the window.

        Where one label excludes the others, a window is meant to hold one word; of what is left of
        it at the edge, the model makes another.
        """
        if self.classifier.rule != "softmax":
            return False
        later = level_db(sound[len(sound) // 2 :], self.front.sampling_rate)
        return later < loudest - FADED_DB

    def _run_model(self, update: Update, start: int, end: int, look: bool) -> None:
        classifier = self.classifier
        began = time.perf_counter()
        window = torch.from_numpy(self.front.log_mel(start, end))
        batch = classifier.extractor.finish(window).unsqueeze(0).to(classifier.device)
        if look:
            logits, _, tokens = classifier.logits_and_rollout(batch)
            grid = classifier.grid
            shares = patch_values(tokens)[0].float().cpu().numpy()
            update.rollout = shares.reshape(grid.freq_patches, grid.time_patches)
        else:
            logits = classifier.logits(batch)
        update.scores = self._smooth(classifier.scores_of(logits)[0])
        self._scored = self.front.waveform(start, end).copy()
        best = int(update.scores.argmax())
        update.silent = best in self.silence and bool(update.scores[best] >= SILENCE_SCORE)
        update.timings["model"] = 1000 * (time.perf_counter() - began)

    def _smooth(self, scores: np.ndarray) -> np.ndarray:
        """Let new scores in by the time that has passed since the last ones."""
        now = self.front.end_seconds
        if self._smoothed is None:
            self._smoothed = scores
        else:
            constant = SMOOTHING_SHARE * self.classifier.window_seconds
            weight = 1 - math.exp(-max(0.0, now - self._smoothed_at) / constant)
            self._smoothed = self._smoothed + np.float32(weight) * (scores - self._smoothed)
        self._smoothed_at = now
        return self._smoothed
