"""The live streams of all visitors: bounded in number and time, forgotten when they fall silent."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from ast_demo.ui.services.visitor import current_visitor

if TYPE_CHECKING:
    from ast_demo.ui.live.session import LiveSession


VISITOR_SHARE = 3 / 4  # of the places, what one address may have


class LiveStreams:
    """The streams that run now, under keys that cannot be guessed; bounded in number and time.

    A stream that sends nothing for a while is forgotten, also when nobody else comes: its visitor
    closed the page.

    Args:
        capacity: streams at a time.
        max_seconds: a stream's longest life.
        idle_seconds: forgotten after so long without a chunk.
    """

    def __init__(
        self,
        capacity: int,
        max_seconds: float,
        idle_seconds: float = 20.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.capacity = capacity
        self.max_seconds = max_seconds
        self.idle_seconds = idle_seconds
        self._clock = clock
        self._running = OrderedDict()  # key -> LiveSession
        self._addresses: dict[str, str] = {}  # key -> whose it is
        self._lock = threading.Lock()
        self._sweeping = False

    def __len__(self) -> int:
        return len(self._running)

    def open(self, classifier) -> str:
        """Begin a stream and return its key.

        Raises:
            ValueError: if as many as allowed run already.
        """
        from ast_demo.ui.live.session import LiveSession  # torch: not before the first page

        self.sweep()
        with self._lock:
            visitor = current_visitor()
            address = visitor.address
            his = sum(self._addresses[key] == address for key in self._running)
            if len(self._running) >= self.capacity:
                raise ValueError(
                    f"all {self.capacity} live places are taken: try again in a few minutes, or "
                    "record a sound under Explore."
                )
            if his >= max(1, round(VISITOR_SHARE * self.capacity)) and not visitor.near:
                raise ValueError(
                    f"{his} live places are taken from your address, which is the most: end one of "
                    "them first."
                )
            key = secrets.token_urlsafe(16)
            self._running[key] = LiveSession(classifier, self._clock)
            self._addresses = {k: self._addresses[k] for k in self._running if k != key}
            self._addresses[key] = address
        self._sweep_later()
        return key

    def get(self, key: str) -> LiveSession:
        """Return a running stream.

        Raises:
            KeyError: if it ended, was forgotten or never was.
            ValueError: if its time is over; it is closed by then.
        """
        with self._lock:
            session = self._running[key]
        if self.seconds_left(session) <= 0:
            self.close(key)
            raise ValueError(
                f"this stream reached its limit of {self.max_seconds / 60:g} minutes: press Listen "
                "to go on; what was heard stays."
            )
        return session

    def seconds_left(self, session: LiveSession) -> float:
        """Return how long a stream may go on."""
        return session.began + self.max_seconds - self._clock()

    def close(self, key: str) -> None:
        """Forget a stream; one that is gone already is no fault."""
        with self._lock:
            self._running.pop(key, None)

    def sweep(self) -> None:
        """Forget the streams that fell silent or whose time is over."""
        now = self._clock()
        with self._lock:
            for key, session in list(self._running.items()):
                idle = now - session.last_push > self.idle_seconds
                if idle or self.seconds_left(session) <= 0:
                    del self._running[key]

    def _sweep_later(self) -> None:
        """Look again after a while, as long as streams run."""
        with self._lock:
            if self._sweeping or not self._running:
                return
            self._sweeping = True
        timer = threading.Timer(self.idle_seconds / 2, self._sweep_and_go_on)
        timer.daemon = True
        timer.start()

    def _sweep_and_go_on(self) -> None:
        self._sweeping = False
        self.sweep()
        self._sweep_later()
