"""A line in a terminal that tells how far a long command has come."""

from __future__ import annotations

import sys
import time
from typing import TextIO

REDRAW_SECONDS = 0.25  # how often it is written anew
LOG_SECONDS = 30.0  # how often a long command adds a line to a log
ERASE = "\r\x1b[K"  # back to the line's beginning, and remove what stands there


class ProgressLine:
    """One line that is written over; where there is no terminal, nothing or a line now and then.

    Args:
        title: what is going on, for `count`.
        stream: where to write; standard error by default.
        log_seconds: without a terminal, how long to wait before each line; None writes none.
    """

    def __init__(
        self, title: str = "", stream: TextIO | None = None, log_seconds: float | None = None
    ):
        self.title = title
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._wait = REDRAW_SECONDS if self._live else log_seconds
        self._drawn = 0.0 if self._live else time.monotonic()

    def show(self, text: str, *, at_once: bool = False) -> None:
        """Write the line anew, unless it was written a moment ago and `at_once` is not set."""
        now = time.monotonic()
        due = self._wait is not None and now - self._drawn >= self._wait
        if due or (at_once and self._live):
            self._write(f"{ERASE}{text}" if self._live else f"{text}\n")
            self._drawn = now

    def count(self, done: int, total: int) -> None:
        """Show that some of a number of things are done."""
        self.show(f"{self.title}: {done} of {total}", at_once=done == total)

    def seconds(self, done: float, total: float | None) -> None:
        """Show how many seconds of a sound are done, of how many if that is known."""
        self.show(f"{done:.0f} s" if not total else f"{done:.0f} of {total:.0f} s")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.clear()
        print(text, flush=True)

    def clear(self) -> None:
        """Remove the line, so that other text can take its place."""
        if self._live:
            self._write(ERASE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
