"""Explanations that stay at hand, so that a clicked patch or label needs no new run."""

from __future__ import annotations

import threading
from collections import OrderedDict


class GoneError(ValueError):
    """What was asked for is not kept here: it was dropped, or another server has it."""


class KeptExplanations:
    """Hold the latest explanations under ids that cannot be guessed.

    Safe to use from several threads. The one used longest ago goes first, when there are too many
    or they hold too many bytes.

    Args:
        capacity: explanations at most.
        max_bytes: bytes of their queries, keys and arrays at most.
    """

    def __init__(self, capacity: int, max_bytes: int):
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._kept = OrderedDict()  # id -> Explanation, the latest used last
        self._lock = threading.Lock()

    def put(self, key: str, explanation) -> None:
        """Keep an explanation under its payload's id; the newest stays, whatever it holds."""
        with self._lock:
            self._kept[key] = explanation
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and self._is_full():
                self._kept.popitem(last=False)

    def get(self, key: str):
        """Return a kept explanation.

        Raises:
            GoneError: if it was dropped or never existed.
        """
        with self._lock:
            if key not in self._kept:
                raise GoneError(
                    "this sound's maps are no longer kept on the server: open the sound again."
                )
            self._kept.move_to_end(key)
            return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)

    def _is_full(self) -> bool:
        held = sum(explanation.nbytes for explanation in self._kept.values())
        return len(self._kept) > self._capacity or held > self._max_bytes
