"""Explanations that stay at hand, so that a clicked patch or label needs no new run."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict


class GoneError(ValueError):
    """What was asked for is not kept here: it was dropped, or another server has it."""


class ExpiringCache:
    """Hold the latest explanations under ids that cannot be guessed.

    Safe to use from several threads. The one used longest ago goes first, when there are too many
    or they hold too many bytes.

    Args:
        capacity: explanations at most.
        max_bytes: bytes of their queries, keys and arrays at most.
        max_seconds: after which each is dropped, used or not: it holds a visitor's sound.
        what: names one of them and says "is" or "are", for who asks for one that is gone.
    """

    def __init__(
        self,
        capacity: int,
        max_bytes: int,
        max_seconds: float | None = None,
        what: str = "this sound's maps are",
    ):
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._what = what
        self._kept = OrderedDict()  # id -> Explanation, the latest used last
        self._put_at = {}  # id -> when it came, the oldest first
        self._timer: threading.Timer | None = None  # runs while anything is kept that has to go
        self._lock = threading.Lock()

    def put(self, key: str, explanation) -> None:
        """Keep an explanation under its payload's id; the newest stays, whatever it holds."""
        with self._lock:
            self._kept[key] = explanation
            self._kept.move_to_end(key)
            self._put_at.pop(key, None)
            self._put_at[key] = time.monotonic()
            while len(self._kept) > 1 and self._is_full():
                self._drop(next(iter(self._kept)))
            if self._timer is None:
                self._start_timer()

    def get(self, key: str):
        """Return a kept explanation.

        Raises:
            GoneError: if it was dropped or never existed.
        """
        with self._lock:
            if key not in self._kept:
                raise GoneError(f"{self._what} no longer kept on the server: open the sound again.")
            self._kept.move_to_end(key)
            return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)

    def _is_full(self) -> bool:
        held = sum(explanation.nbytes for explanation in self._kept.values())
        return len(self._kept) > self._capacity or held > self._max_bytes

    def _start_timer(self) -> None:
        """Wait for the oldest one's end; its thread is gone once nothing is kept."""
        self._timer = None
        if self._max_seconds is None or not self._put_at:
            return
        oldest = next(iter(self._put_at.values()))
        wait = oldest + self._max_seconds - time.monotonic()
        timer = self._timer = threading.Timer(max(wait, 0.0), self._drop_old)
        timer.daemon = True
        timer.start()

    def _drop_old(self) -> None:
        newest = time.monotonic() - (self._max_seconds or 0.0)
        with self._lock:
            for key in [key for key, since in self._put_at.items() if since <= newest]:
                self._drop(key)
            self._start_timer()

    def _drop(self, key: str) -> None:
        del self._kept[key], self._put_at[key]
