"""What the page and the API share: the limits, the models, the kept explanations, the examples."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ast_demo.ui.services.batching import DynamicBatcher
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.limits import MEGABYTE, Limits
from ast_demo.ui.services.model_pool import ASSETS, ModelPool, offered_models
from ast_demo.ui.services.uploads import sound_path

EXAMPLES = ASSETS / "examples"
EXAMPLE_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


@dataclass
class Services:
    """One per server process; every tab and API function works on the same one."""

    limits: Limits
    models: ModelPool
    kept: ExpiringCache
    examples: Path = EXAMPLES  # folder of short clips
    _slots: threading.Semaphore = field(init=False, repr=False)
    _batches: DynamicBatcher = field(init=False, repr=False)
    _runner: ThreadPoolExecutor = field(init=False, repr=False)

    def __post_init__(self):
        self._slots = threading.Semaphore(self.limits.model_runs)
        self._batches = DynamicBatcher(self.model_slot, self.limits.batch)
        self._runner = ThreadPoolExecutor(self.limits.model_runs, "model")

    @classmethod
    def create(
        cls,
        limits: Limits,
        model: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        lender: Callable | None = None,
    ) -> Services:
        """Set up the services; no model is loaded yet."""
        return cls(
            limits=limits,
            models=ModelPool(offered_models(model), limits.models_loaded, device, dtype, lender),
            kept=ExpiringCache(
                limits.explanations_kept,
                limits.explanation_megabytes * MEGABYTE,
                limits.keep_seconds,
            ),
        )

    def example_clips(self) -> list[Path]:
        """List the example clips, by name."""
        return sorted(p for p in self.examples.glob("*") if p.suffix in EXAMPLE_SUFFIXES)

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
        from ast_demo.audio.decode import opened
        from ast_demo.audio.limits import AudioError

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
    def model_slot(self) -> Iterator[None]:
        """Wait for a turn inside a model; hold it for the run alone, never while loading."""
        with self._slots:
            yield

    def run_model(self, function: Callable, *arguments):
        """Wait for a turn inside a model and run a function in it."""
        with self.model_slot():
            return self._on_runner(function, *arguments)

    def try_model(self, function: Callable, seconds: float) -> bool:
        """Run a function inside a model if a turn comes within so many seconds; tell whether."""
        if not self._slots.acquire(timeout=seconds):
            return False
        try:
            self._on_runner(function)
        finally:
            self._slots.release()
        return True

    def classify(self, path: str | None, model: str | None = None):
        """Return the classifier and its `Prediction` for a sound file; may run with others."""
        sound, decode_ms = self.read(path)
        classifier = self.models.get(model)
        prediction = self._batches.run(
            classifier, sound, lambda sounds: self._on_runner(classifier.classify_batch, sounds)
        )
        prediction.timings = {"decode": decode_ms, **prediction.timings}
        return classifier, prediction

    def explain(self, path: str | None, model: str | None = None):
        """Return the classifier and its `Explanation` for a sound file."""
        sound, decode_ms = self.read(path)
        classifier = self.models.get(model)
        explanation = self.run_model(classifier.explain, sound)
        explanation.timings = {"decode": decode_ms, **explanation.timings}
        return classifier, explanation
