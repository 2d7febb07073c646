"""Guesses are bounded for each address and for all together; right passwords cost nothing."""

from __future__ import annotations

import asyncio

import pytest

from ast_demo.ui.server.passwords import BoundedLogin, PasswordGuesses
from ast_demo.ui.services.limits import Limits


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("ast_demo.ui.server.rates.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def guesses(clock):
    return PasswordGuesses(Limits(guesses=3, guesses_per_minute=6))


def test_an_address_has_so_many_guesses_and_then_some_a_minute(guesses, clock):
    assert [guesses.begin("a") for _ in range(4)] == [True, True, True, False]
    assert guesses.begin("b")
    clock[0] = 10.0
    assert [guesses.begin("a") for _ in range(2)] == [True, False]


def test_many_addresses_together_have_ten_times_as_many(guesses):
    assert sum(guesses.begin(f"address {n}") for n in range(100)) == 30


def test_who_knows_the_password_is_not_shut_out_by_others(guesses):
    assert guesses.begin("friend")
    guesses.was_right("friend")
    for n in range(100):
        guesses.begin(f"address {n}")
    assert not guesses.begin("stranger")
    for _ in range(20):
        assert guesses.begin("friend")
        guesses.was_right("friend")


def log_in(app, password: str, path="/login") -> int:
    """Return the status of an attempt."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": password.encode(), "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [],
        "client": ("1.2.3.4", 1),
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"]


async def door(scope, receive, send):
    """Open for one password alone."""
    right = (await receive())["body"] == b"chalk"
    await send({"type": "http.response.start", "status": 200 if right else 400, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_the_form_is_closed_to_who_guesses_and_open_to_who_knows(guesses):
    app = BoundedLogin(door, guesses)
    assert [log_in(app, "chalk") for _ in range(9)] == [200] * 9
    assert [log_in(app, "x") for _ in range(4)] == [400, 400, 400, 429]
    assert log_in(app, "chalk") == 429
    assert log_in(app, "x", path="/login/") == 429
    assert log_in(app, "x", path="/other") == 400
