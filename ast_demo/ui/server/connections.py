"""Connections that only take up room are ended: silent ones, and those of readers who do not read.

The server below us ends a connection that is silent after an answer, but waits for ever for the
first request of one, for the end of its headers, and for a reader who has stopped reading.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable

HEADER_SECONDS = 15.0  # for a request to come, with all its headers
STALLED_SECONDS = 30.0  # for a reader to go on reading; a browser takes what comes at once
OPEN_FILES = 65_536  # that we ask the system for; 1024, a common bound, is soon reached


class ConnectionKeeper:
    """Look at the connections from time to time, and end those that have been idle for too long."""

    def __init__(
        self,
        header_seconds: float = HEADER_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._patience = {"waiting": header_seconds, "stalled": stalled_seconds}
        self._clock = clock
        self._seen = weakref.WeakKeyDictionary()  # connection -> (state, request, since when)

    def look(self, connections: Iterable) -> int:
        """End connections that stayed in one place for too long; return how many were ended.

        Args:
            connections: protocols of uvicorn, from the event loop's own thread.
        """
        now, ended = self._clock(), 0
        for connection in list(connections):
            state = _state(connection)
            before = self._seen.get(connection)
            request = id(connection.cycle)
            if state is None or before is None or before[:2] != (state, request):
                self._seen[connection] = (state, request, now)
            elif now - before[2] > self._patience[state]:
                connection.transport.abort()  # a mere close would wait for the reader
                ended += 1
        return ended


def _state(connection) -> str | None:
    """Tell what a connection waits for the other side to do, None if it is at work."""
    if connection.flow is not None and connection.flow.write_paused:
        return "stalled"
    if connection.cycle is None or connection.cycle.response_complete:
        return "waiting"
    return None


def raise_open_files(wanted: int = OPEN_FILES) -> None:
    """Ask the system for more open files, as many as it lets us have."""
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
