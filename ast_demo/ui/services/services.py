"""What the page and the API share: the limits, the models, the kept explanations, the examples."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ast_demo.audio.suffixes import READABLE_SUFFIXES, is_companion
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.ui.services.batching import DynamicBatcher
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.hub_models import HubModels
from ast_demo.ui.services.limits import MEGABYTE, Limits
from ast_demo.ui.services.model_pool import ModelPool, offered_models
from ast_demo.ui.services.turns import Turns
from ast_demo.ui.services.uploads import sound_path
from ast_demo.ui.services.visitor import current_visitor

EXAMPLES = BUNDLED_FOLDER / "examples"
_in_place: ContextVar[bool] = ContextVar("in_place", default=False)  # has this request a place?


class SharedExample(Protocol):
    """An example that is explained once for all visitors: `ui/explore/opening.py`."""

    def prepare(self) -> bool:
        """Explain the example unless that was done."""

    def explanation_of(self, path: str, model: str) -> Any:
        """Return the shared explanation if it is the one of this sound and model, else None."""


@dataclass
class Services:
    """One per server process; every tab and API function works on the same one."""

    limits: Limits
    models: ModelPool
    kept: ExpiringCache
    examples: Path = EXAMPLES  # folder of short clips
    local: bool = False  # the page is served to this machine alone: its owner may name files
    opening: SharedExample | None = None  # what the page opens with, once the page is built
    places: Turns = field(init=False, repr=False)  # to be worked on: few sounds are decoded at once
    _turns: Turns = field(init=False, repr=False)  # at the model
    _recordings: Turns = field(init=False, repr=False)  # timelines, which take minutes
    _checks: Turns = field(init=False, repr=False)  # of models, which take minutes too
    _batches: DynamicBatcher = field(init=False, repr=False)
    _runner: ThreadPoolExecutor = field(init=False, repr=False)

    def __post_init__(self):
        limits = self.limits
        most = limits.queue_size, limits.visitor_waiting
        self.places = Turns(limits.threads, min(limits.threads, limits.visitor_turns), *most)
        self._recordings = Turns(limits.timelines, limits.visitor_timelines, *most)
        self._checks = Turns(limits.checks, limits.visitor_checks, *most)
        self._turns = Turns(limits.model_runs)
        self._batches = DynamicBatcher(self._turns.turn, limits.batch)
        self._runner = ThreadPoolExecutor(limits.model_runs, "model")

    @classmethod
    def create(
        cls,
        limits: Limits,
        model: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        lender: Callable | None = None,
        any_model: bool = False,
    ) -> Services:
        """Set up the services; no model is loaded yet.

        Args:
            limits: of the host.
            model: to start with.
            device: as for `AudioClassifier.load`.
            dtype: as for `AudioClassifier.load`.
            lender: on ZeroGPU, what runs a model on the lent GPU.
            any_model: whether visitors may name models of the Hub, within the limits.
        """
        hub = HubModels(limits) if any_model else None
        return cls(
            limits=limits,
            models=ModelPool(
                offered_models(model), limits.models_loaded, device, dtype, lender, hub
            ),
            kept=ExpiringCache(
                limits.explanations_kept,
                limits.explanation_megabytes * MEGABYTE,
                limits.keep_seconds,
            ),
        )

    def example_clips(self) -> list[Path]:
        """List the example clips, by name."""
        found = (p for p in self.examples.glob("*") if p.suffix.lower() in READABLE_SUFFIXES)
        return sorted(p for p in found if not is_companion(p))

    def read(self, path: str | None):
        """Decode a sound that was uploaded here or is one of the examples.

        Returns:
            the `Audio`, and the milliseconds that decoding took.

        Raises:
            ValueError: if the path lies elsewhere, or the sound cannot be read (`AudioError`).
        """
        from ast_demo.audio.load import load_audio

        start = time.perf_counter()
        sound = load_audio(self.sound_file(path), max_seconds=float(self.limits.sound_seconds))
        return sound, 1000 * (time.perf_counter() - start)

    def sound_file(self, path: str | None) -> Path:
        """Return a file that was uploaded here or is an example, within the host's bounds.

        Raises:
            ValueError: if the path lies elsewhere, or the sound has too many channels or a rate
                out of bounds (`AudioError`).
        """
        from ast_demo.audio.limits import AudioError
        from ast_demo.audio.source import opened

        file = sound_path(path, self.examples)
        limits = self.limits
        with opened(file) as source:
            for sound, _ in source.sounds():
                if sound.channels > limits.channels:
                    raise AudioError(
                        f"{source.name} has {sound.channels} channels, the limit is "
                        f"{limits.channels}: mix it down first."
                    )
                if not limits.lowest_rate <= sound.samplerate <= limits.highest_rate:
                    raise AudioError(
                        f"{source.name} has {sound.samplerate} samples a second, expected "
                        f"{limits.lowest_rate} to {limits.highest_rate}: convert it first."
                    )
        return file

    def _on_runner(self, function: Callable, *arguments):
        """Run a model on one of the few threads meant for it.

        Every thread that computes gets helpers and a heap of its own, which stay: one for each
        request that ever waited here would add up to gigabytes.
        """
        return self._runner.submit(function, *arguments).result()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place among the requests that are worked on; one that has a place keeps it.

        Raises:
            BusyError: if as many wait already as may, of all or of this address.
            VisitorLeftError: if nobody waits for the answer any more.
        """
        if _in_place.get():
            yield
            return
        with self.places.turn():
            token = _in_place.set(True)
            try:
                yield
            finally:
                _in_place.reset(token)

    @contextlib.contextmanager
    def recording_place(self) -> Iterator[None]:
        """Wait for a place among the recordings that are followed.

        Raises:
            BusyError, VisitorLeftError: as for `place`.
        """
        with self._recordings.turn():
            yield

    @contextlib.contextmanager
    def check_place(self) -> Iterator[None]:
        """Wait for a place among the checks that are under way: few of one address.

        Raises:
            BusyError, VisitorLeftError: as for `place`.
        """
        with self._checks.turn():
            yield

    def has_check_place(self) -> bool:
        """Tell whether `check_place` would let this visitor in at once."""
        return self._checks.is_free(current_visitor())

    @contextlib.contextmanager
    def model_slot(self) -> Iterator[None]:
        """Wait for a turn inside a model; hold it for the run alone, never while loading.

        Raises:
            VisitorLeftError: if nobody waits for the answer any more.
        """
        with self._turns.turn():
            yield

    def run_model(self, function: Callable, *arguments):
        """Wait for a turn inside a model and run a function in it.

        Raises:
            VisitorLeftError: if nobody waits for the answer any more.
        """
        with self.model_slot():
            return self._on_runner(function, *arguments)

    def run_model_steps(self, steps: Generator, is_cancelled: Callable[[], bool] = lambda: False):
        """Run a long work step by step, with a turn inside a model for each; return its result.

        Others get their turns between the steps.

        Args:
            steps: yields between two passes of a model and returns the result.
            is_cancelled: the work ends between two steps once this says so.

        Returns:
            what the generator returned, or None if the work was cancelled.
        """
        try:
            while True:
                with self._turns.turn(is_cancelled) as ticket:
                    if ticket is None or is_cancelled():
                        return None
                    finished, result = self._on_runner(_step, steps)
                if finished:
                    return result
        finally:
            steps.close()

    def try_model(self, function: Callable, seconds: float) -> bool:
        """Run a function inside a model if a turn comes within so many seconds; tell whether."""
        ticket = self._turns.take(seconds)
        if ticket is None:
            return False
        try:
            self._on_runner(function)
        finally:
            self._turns.give(ticket)
        return True

    def classify(self, path: str | None, model: str | None = None):
        """Return the classifier and its `Prediction` for a sound file; may run with others."""
        with self.place():
            sound, decode_ms = self.read(path)
            classifier = self.models.get(model)
            prediction = self._batches.run(
                classifier, sound, lambda sounds: self._on_runner(classifier.classify_batch, sounds)
            )
        prediction.timings = {"decode": decode_ms, **prediction.timings}
        return classifier, prediction

    def explain(self, path: str | None, model: str | None = None):
        """Return the classifier and its `Explanation` for a sound file."""
        with self.place():
            sound, decode_ms = self.read(path)
            classifier, explanation, _ = self.explain_sound(sound, model)
        explanation.timings = {"decode": decode_ms, **explanation.timings}
        return classifier, explanation

    def explain_sound(self, sound, model: str | None = None, start: float = 0.0):
        """Return the classifier, the `Explanation` of a decoded sound, and where its window begins.

        Args:
            sound: an `Audio`.
            start: seconds into a sound longer than the window; as late as the window allows.
        """
        from ast_demo.audio.load import Audio

        classifier = self.models.get(model)
        window = classifier.window_seconds
        start = max(0.0, min(start, sound.seconds - window))
        if start == 0:
            return classifier, self.run_model(classifier.explain, sound), start
        rate = sound.sampling_rate
        first = round(start * rate)
        note = f"{sound.seconds:.2f} s long, {start:.2f} to {start + window:.2f} s are used"
        part = Audio(
            sound.waveform[first : first + round(window * rate)], rate, (*sound.notes, note)
        )
        explanation = self.run_model(classifier.explain, part)
        explanation.seconds = sound.seconds
        return classifier, explanation, start


def _step(steps: Generator) -> tuple[bool, object]:
    """Go one step further; return whether that was the end, and the result."""
    try:
        next(steps)
    except StopIteration as end:
        return True, end.value
    return False, None
