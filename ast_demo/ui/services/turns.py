"""Waiting in turn: few at a time, the visitor served least comes next, who has left goes away."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from ast_demo.ui.services.visitor import Visitor, current_visitor

LOOK_SECONDS = 0.2  # between two looks whether who waits has left
CLOCKS_KEPT = 1000  # of addresses; beyond these, the ones behind go: they would start anew


class BusyError(ValueError):
    """As many wait as may: it can be tried again soon."""


class VisitorLeftError(ValueError):
    """Nobody waits for the answer any more."""

    def __init__(self):
        super().__init__("the request was given up before its turn came.")


@dataclass(eq=False)
class Ticket:
    """A turn that is waited for or held."""

    visitor: Visitor
    number: int
    began: float = 0.0
    payers: list[Visitor] = field(default_factory=list)  # whose work it does, if not only his


class Turns:
    """Let so many at a time do something, and share that time fairly between visitors.

    This is start-time fair queuing (Goyal, Vin and Cheng 1996): each address has a clock of the
    seconds that it has had, and a free turn goes to the waiting one whose clock is least; among the
    sessions of an address likewise. Who comes new, or again, starts at the clock of who is being
    served: nobody saves up turns, and nobody pays for those of an hour ago.

    Args:
        at_once: turns that are held at the same time.
        each: turns that one address holds at most; None for no bound of its own.
        waiting: requests that may wait; one more is refused.
        waiting_each: requests of one address that may wait.
        clock: seconds, for tests.
    """

    def __init__(
        self,
        at_once: int,
        each: int | None = None,
        waiting: int | None = None,
        waiting_each: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._at_once = at_once
        self._each = each or at_once
        self._most_waiting = waiting
        self._most_waiting_each = waiting_each
        self._clock = clock
        self._numbers = itertools.count()
        self._waiting: list[Ticket] = []
        self._held = Counter()  # address -> turns
        self._addresses = _Clocks()
        self._sessions: dict[str, _Clocks] = {}
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def turn(self, given_up: Callable[[], bool] | None = None) -> Iterator[Ticket | None]:
        """Wait for a turn of the current visitor and hold it until the block ends.

        Args:
            given_up: a turn is wanted no longer once this says so; then the block gets None.

        Raises:
            BusyError: if as many wait already as may.
            VisitorLeftError: if the visitor leaves while waiting.
        """
        ticket = self.take(given_up=given_up)
        try:
            yield ticket
        finally:
            if ticket is not None:
                self.give(ticket)

    def take(
        self, seconds: float | None = None, given_up: Callable[[], bool] | None = None
    ) -> Ticket | None:
        """Wait for a turn; None if it did not come within the seconds, or is given up.

        Raises:
            BusyError, VisitorLeftError: as for `turn`.
        """
        ticket = Ticket(current_visitor(), next(self._numbers))
        end = None if seconds is None else self._clock() + seconds
        with self._changed:
            self._refuse_if_full(ticket.visitor)
            self._join(ticket.visitor)
            self._waiting.append(ticket)
            try:
                while self._next() is not ticket:
                    left = LOOK_SECONDS if end is None else min(LOOK_SECONDS, end - self._clock())
                    if left <= 0 or (given_up is not None and given_up()):
                        return None
                    if ticket.visitor.has_left():
                        raise VisitorLeftError
                    self._changed.wait(left)
                self._serve(ticket)
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        return ticket

    def give(self, ticket: Ticket) -> None:
        """Give a turn back; the time goes to the clocks of those whose work it did."""
        with self._changed:
            payers = ticket.payers or [ticket.visitor]
            share = (self._clock() - ticket.began) / len(payers)
            for visitor in payers:
                self._addresses.spend(visitor.address, share)
                self._sessions.setdefault(visitor.address, _Clocks()).spend(visitor.session, share)
            self._held[ticket.visitor.address] -= 1
            self._held += Counter()  # drops those at zero
            self._forget()
            self._changed.notify_all()

    def refusal(self, visitor: Visitor) -> str | None:
        """Say why a visitor may not even wait at the moment; None if he may."""
        waiting, his = len(self._waiting), self._count(visitor.address)
        if self._most_waiting is not None and waiting >= self._most_waiting:
            return f"The server is busy: {waiting} requests wait already, try again soon."
        if self._most_waiting_each is not None and his >= self._most_waiting_each:
            return (
                f"The server is busy: {his} requests from your address wait already, try again "
                "when they are answered."
            )
        return None

    def is_free(self, visitor: Visitor) -> bool:
        """Tell whether a visitor would get a turn at once."""
        return self._is_free(visitor.address) and not self._waiting

    def __len__(self) -> int:
        """Count the requests that wait."""
        return len(self._waiting)

    def _refuse_if_full(self, visitor: Visitor) -> None:
        if self.is_free(visitor):
            return
        sentence = self.refusal(visitor)
        if sentence is not None:
            raise BusyError(sentence)

    def _join(self, visitor: Visitor) -> None:
        self._addresses.join(visitor.address)
        self._sessions.setdefault(visitor.address, _Clocks()).join(visitor.session)

    def _is_free(self, address: str) -> bool:
        return self._held.total() < self._at_once and self._held[address] < self._each

    def _next(self) -> Ticket | None:
        """Return who comes next, None while nobody can."""
        able = (t for t in self._waiting if self._is_free(t.visitor.address))
        return min(able, key=self._rank, default=None)

    def _rank(self, ticket: Ticket) -> tuple[float, float, int]:
        visitor = ticket.visitor
        sessions = self._sessions[visitor.address]
        return self._addresses[visitor.address], sessions[visitor.session], ticket.number

    def _serve(self, ticket: Ticket) -> None:
        visitor = ticket.visitor
        self._held[visitor.address] += 1
        self._addresses.serve(visitor.address)
        self._sessions[visitor.address].serve(visitor.session)
        ticket.began = self._clock()

    def _count(self, address: str) -> int:
        return sum(ticket.visitor.address == address for ticket in self._waiting)

    def _forget(self) -> None:
        """Drop the clocks that nobody needs: an idle place starts anew, strangers do not add up."""
        busy = {t.visitor.address for t in self._waiting} | set(self._held)
        self._addresses.forget(busy)
        self._sessions = {address: self._sessions[address] for address in busy}


class _Clocks:
    """The seconds that each of several has had, on a common scale."""

    def __init__(self):
        self._seconds: dict[str, float] = {}
        self._now = 0.0  # the clock of who was served last

    def __getitem__(self, name: str) -> float:
        return self._seconds[name]

    def join(self, name: str) -> None:
        self._seconds[name] = max(self._seconds.get(name, 0.0), self._now)

    def serve(self, name: str) -> None:
        self._now = max(self._now, self._seconds[name])

    def spend(self, name: str, seconds: float) -> None:
        self._seconds[name] = self._seconds.get(name, self._now) + seconds

    def forget(self, busy: Collection[str]) -> None:
        if not busy:
            self._seconds.clear()
        elif len(self._seconds) > CLOCKS_KEPT:
            behind = {n for n, s in self._seconds.items() if s <= self._now and n not in busy}
            self._seconds = {n: s for n, s in self._seconds.items() if n not in behind}
