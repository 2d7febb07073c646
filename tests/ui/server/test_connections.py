"""Connections that only take up room are ended, and results that nobody fetches are dropped."""

from __future__ import annotations

import contextlib
import socket
import sys
from types import SimpleNamespace

import pytest

from ast_demo.ui.server.connections import ConnectionKeeper
from ast_demo.ui.server.housekeeping import UnreadResults
from ast_demo.ui.server.visitors import Presence


class Connection:
    """What uvicorn knows of one; `waiting` bytes are left to be handed to the system."""

    def __init__(self, cycle=None, paused=False, waiting=0, system=None):
        self.cycle = cycle
        self.flow = SimpleNamespace(write_paused=paused)
        self.ended = False
        self.waiting = waiting
        self.system = system or SimpleNamespace(fileno=lambda: -1)  # a closed socket's
        self.transport = SimpleNamespace(
            abort=self.end,
            get_write_buffer_size=lambda: self.waiting,
            get_extra_info=lambda name: {"socket": self.system}[name],
        )

    def end(self):
        self.ended = True


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def keeper(now):
    return ConnectionKeeper(header_seconds=10, stalled_seconds=20, clock=lambda: now[0])


def after(keeper, now, connection, *moments):
    for moment in moments:
        now[0] = moment
        keeper.look([connection])
    return connection.ended


def test_a_connection_without_a_request_is_ended(keeper, now):
    assert not after(keeper, now, Connection(), 0, 9)
    assert after(keeper, now, Connection(), 0, 11)


def test_a_request_that_is_worked_on_is_left_alone(keeper, now):
    assert not after(keeper, now, Connection(SimpleNamespace(response_complete=False)), 0, 1000)


def test_the_headers_of_a_second_request_are_waited_for_as_long(keeper, now):
    connection = Connection(SimpleNamespace(response_complete=True))
    assert not after(keeper, now, connection, 0, 9)
    connection.cycle = SimpleNamespace(response_complete=True)  # it came, and was answered
    assert not after(keeper, now, connection, 12)
    assert after(keeper, now, connection, 23)


def test_a_reader_who_stopped_is_ended_and_one_who_goes_on_is_not(keeper, now):
    connection = Connection(SimpleNamespace(response_complete=False), paused=True)
    assert not after(keeper, now, connection, 0, 19)
    connection.flow.write_paused = False
    assert not after(keeper, now, connection, 21)
    connection.flow.write_paused = True
    assert after(keeper, now, connection, 22, 43)


@pytest.mark.parametrize("complete", [False, True])
def test_a_reader_who_is_slower_than_the_server_is_left_alone(keeper, now, complete):
    connection = Connection(SimpleNamespace(response_complete=complete), not complete, 100_000)
    for moment in range(0, 100, 9):
        connection.waiting -= 1000
        assert not after(keeper, now, connection, moment)
    assert after(keeper, now, connection, now[0] + 21)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
def test_reading_is_noticed_while_the_system_takes_no_more_from_us(keeper, now):
    with socket.create_server(("127.0.0.1", 0)) as door:
        reader = socket.create_connection(door.getsockname())
        writer, _ = door.accept()
    with reader, writer:
        writer.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                writer.send(bytes(1 << 16))
        cycle = SimpleNamespace(response_complete=False)
        connection = Connection(cycle, paused=True, waiting=100_000, system=writer)
        for moment in range(0, 100, 9):
            reader.recv(1 << 18, socket.MSG_WAITALL)  # what is acknowledged at once
            assert not after(keeper, now, connection, moment)
        assert after(keeper, now, connection, now[0] + 21)


def test_only_results_that_nobody_fetches_are_dropped_after_a_while(now):
    presence = Presence()
    presence.enter("reading")
    queue = SimpleNamespace(
        pending_messages_per_session={"unread": [1], "reading": [2], "running": [3]},
        pending_event_ids_session={"unread": {"a"}},
        event_ids_to_events={"b": SimpleNamespace(session_hash="running")},
    )
    results = UnreadResults(presence, clock=lambda: now[0])
    assert results.drop(queue) == 0
    now[0] = 59.0
    assert results.drop(queue) == 0
    now[0] = 61.0
    assert results.drop(queue) == 1
    assert set(queue.pending_messages_per_session) == {"reading", "running"}
    assert queue.pending_event_ids_session == {}
