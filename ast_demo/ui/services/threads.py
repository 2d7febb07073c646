"""Work beside the event loop, by as many threads as there may be requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio

from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.turns import BusyError

Result = TypeVar("Result")


class BoundedThreads:
    """Run functions in threads of their own: those that work, and those that wait for a place."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._limiter: anyio.CapacityLimiter | None = None  # made in the server's event loop

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run a function and return its result.

        Raises:
            BusyError: if so many came at once that one more could not even wait.
        """
        most = self._limits.threads + self._limits.queue_size
        self._limiter = self._limiter or anyio.CapacityLimiter(most)
        if self._limiter.borrowed_tokens >= most:
            waiting = self._limits.queue_size
            raise BusyError(f"The server is busy: {waiting} requests wait already, try again soon.")
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
