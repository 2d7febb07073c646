"""What is done while the page is served, whether anyone asks or not: nothing piles up."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import AsyncIterator, Callable

from ast_demo.ui.server.connections import ConnectionKeeper
from ast_demo.ui.server.sessions import LeanSessions
from ast_demo.ui.server.visitors import Presence
from ast_demo.ui.services.uploads import delete_expired

LOOK_SECONDS = 1.0  # between two rounds
UNREAD_SECONDS = 60.0  # that results are kept for who asked and does not fetch them


def housekeeping(presence: Presence) -> Callable:
    """Return the lifespan of the page's app: lean sessions, and tasks that keep order."""

    @contextlib.asynccontextmanager
    async def lifespan(app) -> AsyncIterator[None]:
        app.state_holder = LeanSessions()
        app.state_holder.set_blocks(app.get_blocks())
        works = (_keep_order(app, presence), _delete_sounds(app.get_blocks()))
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    return lifespan


async def _keep_order(app, presence: Presence) -> None:
    page, connections, results = app.get_blocks(), ConnectionKeeper(), UnreadResults(presence)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            server = getattr(page, "server", None)  # none where another server serves the page
            if server is not None:
                connections.look(server.server_state.connections)
            results.drop(page._queue)
        except Exception as error:  # one round that fails must not be the last
            traceback.print_exception(error)


async def _delete_sounds(page) -> None:
    """Delete what Gradio's own rounds leave: they end for good at the first one that fails."""
    if page.delete_cache is None:
        return
    every, age = page.delete_cache
    await asyncio.sleep(every / 2)  # one of Gradio's would end if a file were forgotten meanwhile
    while True:
        await asyncio.sleep(every)
        try:
            await asyncio.to_thread(delete_expired, page, age)
        except Exception as error:
            traceback.print_exception(error)


class UnreadResults:
    """Drop results that nobody fetches; Gradio would keep those of the last 2000 sessions."""

    def __init__(self, presence: Presence, clock: Callable[[], float] = time.monotonic):
        self._presence = presence
        self._clock = clock
        self._since: dict[str, float] = {}  # session -> when its results were first seen unread

    def drop(self, queue) -> int:
        """Drop what has been unread for too long; return the number of sessions.

        Args:
            queue: Gradio's, which maps sessions to the messages that wait for them.
        """
        pending, now = queue.pending_messages_per_session, self._clock()
        busy = {event.session_hash for event in list(queue.event_ids_to_events.values())}
        unread = {
            session
            for session in list(pending)
            if session not in busy and not self._presence.is_reading(session)
        }
        self._since = {session: self._since.get(session, now) for session in unread}
        old = [session for session in unread if now - self._since[session] > UNREAD_SECONDS]
        for session in old:
            pending.pop(session, None)
            queue.pending_event_ids_session.pop(session, None)
            del self._since[session]
        return len(old)
