"""Connections that only take up room are ended: silent ones, and those of readers who do not read.

The server below us ends a connection that is silent after an answer, but waits for ever for the
first request of one, for the end of its headers, and for a reader who has stopped reading.
"""

from __future__ import annotations

import sys
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
        self._seen = weakref.WeakKeyDictionary()  # connection -> (where it is, since when)

    def look(self, connections: Iterable) -> int:
        """End connections that stayed in one place for too long; return how many were ended.

        Args:
            connections: protocols of uvicorn, from the event loop's own thread.
        """
        now, ended = self._clock(), 0
        for connection in list(connections):
            state = _state(connection)
            place = (state, id(connection.cycle), _unread_bytes(connection.transport))
            before, since = self._seen.get(connection, (None, now))
            if state is None or place != before:
                self._seen[connection] = (place, now)
            elif now - since > self._patience[state]:
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


def _unread_bytes(transport) -> tuple[int, int]:
    """Return the bytes that wait here, and those in the system that were not acknowledged.

    Who reads slower than we write finds as many waiting here for a minute at a time: the system
    takes more only once a third of its own queue has gone, which may be a megabyte.
    """
    waiting = transport.get_write_buffer_size()
    try:
        import fcntl
        import termios

        socket = transport.get_extra_info("socket")
        answer = fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4))
    except (ImportError, OSError, ValueError):  # Windows; not on Linux; closed meanwhile
        return waiting, 0
    return waiting, int.from_bytes(answer, sys.byteorder)


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
