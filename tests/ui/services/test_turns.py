"""Turns are shared fairly, bounded in number, and not spent on who has left."""

from __future__ import annotations

import threading
import time

import pytest

from ast_demo.ui.services.turns import BusyError, Turns, VisitorLeftError
from ast_demo.ui.services.visitor import HOST, Visitor, current_visitor, visiting

SOON = 5.0  # seconds within which a thread that can go on does


class Line:
    """People who wait for turns, each in a thread, with a clock that stands until it is moved."""

    def __init__(self, **settings):
        self.now = 0.0
        self.turns = Turns(clock=lambda: self.now, **{"at_once": 1, **settings})
        self.served: list[str] = []  # in this order
        self.tickets = {}
        self.errors = []

    def come(self, name: str, address: str = "", session: str = "", has_left=lambda: False):
        """Let somebody wait; returns once he stands in the line or has a turn."""
        before = len(self.turns) + len(self.served)

        def wait():
            with visiting(Visitor(address or name, session, has_left)):
                try:
                    self.tickets[name] = self.turns.take()
                    self.served.append(name)
                except ValueError as error:
                    self.errors.append((name, error))

        threading.Thread(target=wait, daemon=True).start()
        until(lambda: len(self.turns) + len(self.served) + len(self.errors) > before)

    def go(self, name: str, seconds: float, then: int) -> None:
        """End somebody's turn after a time, and wait until so many were served."""
        self.now += seconds
        self.turns.give(self.tickets[name])
        until(lambda: len(self.served) >= then)


def until(condition) -> None:
    end = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_who_was_served_least_comes_next_however_many_wait_before_him():
    line = Line()
    for n in range(4):
        line.come(f"greedy{n}", "greedy")
    line.come("other", "other")
    line.go("greedy0", 8.0, 2)
    assert line.served == ["greedy0", "other"]
    line.go("other", 1.0, 3)
    line.come("other again", "other")
    line.go(line.served[-1], 8.0, 4)
    assert line.served[-1] == "other again"


def test_visitors_with_requests_of_different_length_get_the_same_time():
    line = Line()
    seconds = {"long": 4.0, "short": 1.0}
    line.come("long0", "long")
    for n in range(20):
        line.come(f"long{n + 1}", "long")
        line.come(f"short{n}", "short")
    for n in range(20):
        now = line.served[-1]
        line.go(now, seconds[now.rstrip("0123456789")], n + 2)
    had = [
        sum(seconds[who] for name in line.served[:-1] if name.startswith(who)) for who in seconds
    ]
    assert abs(had[0] - had[1]) <= 4.0


def test_sessions_of_one_address_share_its_turns_among_them():
    line = Line()
    line.come("a0", "school", "a")
    for n in range(3):
        line.come(f"a{n + 1}", "school", "a")
    line.come("b0", "school", "b")
    line.go("a0", 1.0, 2)
    assert line.served[-1] == "b0"


def test_nobody_saves_up_turns_nor_pays_for_old_ones():
    line = Line()
    line.come("first", "early")
    line.go("first", 100.0, 1)
    line.come("holder", "newcomer")
    line.come("early again", "early")
    line.come("newcomer again", "newcomer")
    line.go("holder", 1.0, 3)
    assert line.served == ["first", "holder", "early again"]


def test_an_address_holds_no_more_turns_than_its_share():
    line = Line(at_once=3, each=2)
    for n in range(3):
        line.come(f"greedy{n}", "greedy")
    line.come("other", "other")
    assert line.served == ["greedy0", "greedy1", "other"]


def test_more_than_may_wait_are_told_how_many_wait():
    line = Line(waiting=3, waiting_each=2)
    line.come("holder")
    line.come("a0", "a")
    line.come("a1", "a")
    line.come("a2", "a")
    line.come("b0", "b")
    line.come("c0", "c")
    (name, his), (late, all_of_them) = line.errors
    assert (name, late) == ("a2", "c0")
    assert isinstance(his, BusyError)
    assert str(his).startswith("The server is busy: 2 requests from your address wait already")
    assert str(all_of_them) == "The server is busy: 3 requests wait already, try again soon."


def test_who_leaves_while_waiting_takes_no_turn():
    line, gone = Line(), threading.Event()
    line.come("holder")
    line.come("leaver", has_left=gone.is_set)
    gone.set()
    until(lambda: line.errors)
    assert isinstance(line.errors[0][1], VisitorLeftError)
    line.come("stayer")
    line.go("holder", 1.0, 2)
    assert line.served == ["holder", "stayer"]


def test_a_turn_that_does_not_come_in_time_or_is_given_up_is_none():
    turns = Turns(1)
    with turns.turn():
        assert turns.take(seconds=0.01) is None
        assert turns.take(given_up=lambda: True) is None
    assert turns.take(seconds=0.01) is not None


def test_time_is_paid_by_those_whose_work_a_turn_did():
    line = Line()
    line.come("carrier", "carrier")
    line.tickets["carrier"].payers = [Visitor("carrier"), Visitor("rider")]
    line.come("rider again", "rider")
    line.come("third", "third")
    line.go("carrier", 10.0, 2)
    assert line.served[-1] == "third"


def test_strangers_do_not_add_up(monkeypatch):
    monkeypatch.setattr("ast_demo.ui.services.turns.CLOCKS_KEPT", 10)
    turns = Turns(1)
    for n in range(100):
        with visiting(Visitor(f"address {n}")), turns.turn():
            pass
        assert len(turns._addresses._seconds) < 30
    assert len(turns._sessions) == 0


def test_work_that_nobody_asked_for_over_the_network_is_the_hosts():
    assert current_visitor() is HOST
    with visiting(Visitor("a")), pytest.raises(RuntimeError), visiting(Visitor("b")):
        raise RuntimeError
    assert current_visitor() is HOST
