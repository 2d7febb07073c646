"""Long runs that their visitor may cancel, one for each sound."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class CancellableRuns:
    """Remember what runs under which id; safe to use from several threads."""

    def __init__(self):
        self._running = {}  # id -> Event that stops the run
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def run(self, key: str) -> Iterator[threading.Event]:
        """Hold a place for a run; the one before it under this id is cancelled."""
        stop = threading.Event()
        with self._lock:
            before = self._running.pop(key, None)
            self._running[key] = stop
        if before:
            before.set()
        try:
            yield stop
        finally:
            with self._lock:
                if self._running.get(key) is stop:
                    del self._running[key]

    def cancel(self, key: str) -> bool:
        """Stop what runs under an id; returns whether something did."""
        with self._lock:
            stop = self._running.get(key)
        if stop:
            stop.set()
        return stop is not None
