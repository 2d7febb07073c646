"""Requests that wait for the same model go through it together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class _Job:
    """One request's sound, and what came of it."""

    owner: Any
    item: Any
    done: bool = False
    result: Any = None
    error: Exception | None = None


class DynamicBatcher:
    """Collect what waits for a turn and serve it in one run.

    There is no thread and no timer: whoever gets the turn takes along all others that wait for the
    same model by then. A lone request runs at once, and the busier the server, the larger the
    batches.

    Args:
        turn: context manager that waits for a turn inside a model.
        largest: items of one run.
    """

    def __init__(self, turn: Callable[[], contextlib.AbstractContextManager], largest: int):
        self._turn = turn
        self._largest = largest
        self._waiting: list[_Job] = []
        self._lock = threading.Lock()

    def run(self, owner, item, function: Callable[[list], list]):
        """Return the result for one item.

        Args:
            owner: what may be run together: items of the same owner.
            item: the input.
            function: list of items -> list of results, in the same order.

        Raises:
            Exception: what the function raised for this item.
        """
        job = _Job(owner, item)
        with self._lock:
            self._waiting.append(job)
        while not job.done:
            with self._turn():
                batch = [] if job.done else self._take(job)
                _serve(batch, function)
        if job.error is not None:
            raise job.error
        return job.result

    def _take(self, job: _Job) -> list[_Job]:
        """Take a job and others of its owner from those that wait, the oldest first."""
        with self._lock:
            others = [j for j in self._waiting if j.owner is job.owner and j is not job]
            batch = [job, *others[: self._largest - 1]]
            self._waiting = [j for j in self._waiting if j not in batch]
        return batch


def _serve(batch: list[_Job], function: Callable[[list], list]) -> None:
    """Run a batch; if it fails, one by one, so that no request fails because of another."""
    try:
        for job, result in zip(batch, function([job.item for job in batch]) if batch else []):
            job.result = result
    except Exception as error:
        if len(batch) == 1:
            batch[0].error = error
        else:
            for job in batch:
                _serve([job], function)
    finally:
        for job in batch:
            job.done = True
