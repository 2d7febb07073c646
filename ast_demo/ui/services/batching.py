"""Requests that wait for the same model go through it together."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ast_demo.ui.services.visitor import Visitor, current_visitor

Turn = Callable[[Callable[[], bool]], contextlib.AbstractContextManager]  # as `Turns.turn`


@dataclass(eq=False)
class _Job:
    """One request's sound, and what came of it."""

    owner: Any
    item: Any
    visitor: Visitor = field(default_factory=current_visitor)
    taken: bool = False  # in a run, its own or another's
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: Exception | None = None


class DynamicBatcher:
    """Collect what waits for a turn and serve it in one run.

    There is no thread and no timer: whoever gets the turn takes along all others that wait for the
    same model by then. A lone request runs at once, and the busier the server, the larger the
    batches. Where several visitors wait, none gets more than his share of a run.

    Args:
        turn: context manager that waits for a turn inside a model, unless it is told that the turn
            is wanted no longer, and yields it or None.
        largest: items of one run.
    """

    def __init__(self, turn: Turn, largest: int):
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
        try:
            with self._turn(lambda: job.taken) as ticket:
                batch = [] if ticket is None else self._take(job)
                if batch:
                    ticket.payers = [each.visitor for each in batch]
                _serve(batch, function)
        finally:
            with self._lock:
                if job in self._waiting:  # he left, or too many wait
                    self._waiting.remove(job)
        job.done.wait()
        if job.error is not None:
            raise job.error
        return job.result

    def _take(self, job: _Job) -> list[_Job]:
        """Take a job and others of its owner from those that wait, each visitor's share of them."""
        with self._lock:
            if job.taken:
                return []
            others = [j for j in self._waiting if j.owner is job.owner and j is not job]
            batch = _shared_out([job, *others], self._largest)
            self._waiting = [j for j in self._waiting if j not in batch]
            for each in batch:
                each.taken = True
        return batch


def _shared_out(jobs: list[_Job], most: int) -> list[_Job]:
    """Choose jobs, the first in any case: the oldest first, and of no address more than a share."""
    share = -(-most // len({job.visitor.address for job in jobs}))
    chosen, counts = [], Counter()
    for job in jobs:
        if len(chosen) < most and counts[job.visitor.address] < share:
            chosen.append(job)
            counts[job.visitor.address] += 1
    return chosen


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
            job.done.set()
