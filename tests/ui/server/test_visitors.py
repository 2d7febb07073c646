"""It is known who asks, and whether he still waits."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

from ast_demo.ui.server.visitors import KEY, PRESENCE, Presence, Visitors, event_visitor
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.visitor import HOST, current_visitor

COMPONENT = "/gradio_api/component_server"
RESULTS = "/gradio_api/queue/data"


def scope(method, path, query="", address="10.0.0.1"):
    return {"type": "http", "method": method, "path": path, "headers": [], "root_path": "",
            "query_string": query.encode(), "client": (address, 1)}  # fmt: skip


class Line:
    """A connection whose other side can hang up."""

    def __init__(self):
        self.sent = []
        self.messages = asyncio.Queue()
        self.messages.put_nowait({"type": "http.request", "body": b"{}", "more_body": False})

    def hang_up(self):
        self.messages.put_nowait({"type": "http.disconnect"})

    async def receive(self):
        return await self.messages.get()

    async def send(self, message):
        self.sent.append(message)


async def begin(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def end(send):
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def test_a_component_learns_who_asks_and_that_he_hung_up():
    seen = {}

    async def component(scope, receive, send):
        await receive()
        visitor = current_visitor()
        seen["address"], seen["at first"] = visitor.address, visitor.has_left()
        line.hang_up()
        while not visitor.has_left():
            await asyncio.sleep(0.001)
        seen["later"] = True

    async def run():
        app = Visitors(component, Presence(), Limits())
        await asyncio.wait_for(app(scope("POST", COMPONENT), line.receive, line.send), 5)

    line = Line()
    asyncio.run(run())
    assert seen == {"address": "10.0.0.1", "at first": False, "later": True}
    assert current_visitor() is HOST


def stream(presence, query="session_hash=abc", whole=False, path=RESULTS):
    """Read the results of a session: to their end, or not."""

    async def results(scope, receive, send):
        await begin(send)
        assert presence.is_reading("abc")
        if whole:
            await end(send)

    line = Line()
    app = Visitors(results, presence, Limits())
    asyncio.run(app(scope("GET", path, query), line.receive, line.send))


def test_who_reads_no_further_has_left_and_who_read_all_has_not():
    for whole in (True, False):
        for path, query in ((RESULTS, "session_hash=abc"), ("/gradio_api/call/classify/abc", "")):
            presence, before = Presence(), time.monotonic()
            stream(presence, query, whole, path)
            assert presence.has_left("abc", before) is not whole
            assert not presence.is_reading("abc")


def test_what_is_asked_after_a_stream_broke_off_is_waited_for_again():
    presence = Presence()
    stream(presence)
    assert not presence.has_left("abc", time.monotonic())


def test_an_event_of_the_page_is_its_sessions():
    presence = Presence()
    asked = {}

    async def join(scope, receive, send):
        asked.update(scope)

    line = Line()
    app = Visitors(join, presence, Limits())
    asyncio.run(app(scope("POST", "/gradio_api/queue/join"), line.receive, line.send))
    assert {KEY, PRESENCE} <= set(asked)
    request = SimpleNamespace(request=SimpleNamespace(scope=asked), session_hash="abc")
    visitor = event_visitor(request)
    assert (visitor.address, visitor.session) == ("10.0.0.1", "abc")
    assert not visitor.has_left()
    stream(presence)
    assert visitor.has_left()
    assert event_visitor(None) is HOST


def test_one_address_reads_no_more_streams_than_it_may():
    statuses = []

    async def run():
        gate = asyncio.Event()

        async def results(scope, receive, send):
            await begin(send)
            await gate.wait()
            await end(send)

        app = Visitors(results, Presence(), Limits(streams=2))
        lines = [Line() for _ in range(4)]
        addresses = ["10.0.0.1"] * 3 + ["10.0.0.2"]
        tasks = [
            asyncio.create_task(app(scope("GET", RESULTS, "", a), line.receive, line.send))
            for a, line in zip(addresses, lines)
        ]
        while not all(line.sent for line in lines):
            await asyncio.sleep(0.001)
        gate.set()
        await asyncio.gather(*tasks)
        statuses.extend(line.sent[0]["status"] for line in lines)

    asyncio.run(run())
    assert statuses == [200, 200, 429, 200]
