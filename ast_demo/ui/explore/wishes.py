"""What each open page wishes to see: the answer to its newest wish is shown, no earlier one.

A visitor need not wait for a picture before asking for the next: a second recording, another part
of a long sound, another model. Whatever takes longest would come last and win; here who asked last
wins, and a wish that was overtaken gives up its turn.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from ast_demo.ui.services.visitor import current_visitor, visiting


@dataclass(frozen=True)
class Shown:
    """The sound of a visitor's picture, so that another model can hear it again."""

    path: str
    title: str
    note: str | None = None  # of what was done to it before it came here
    start: float = 0.0  # seconds into a sound that is longer than the window


@dataclass(eq=False)
class Wish:
    """A sound that is being explained for a page."""

    sound: Shown
    is_newest: bool = True  # of its page

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Work for the visitor until the block ends; once overtaken he waits for no turn."""
        visitor = current_visitor()
        yet = dataclasses.replace(
            visitor, has_left=lambda: not self.is_newest or visitor.has_left()
        )
        with visiting(yet):
            yield


class Wishes:
    """The wishes of all pages that are being answered; safe to use from several threads."""

    def __init__(self):
        self._pending: dict[str, Wish] = {}  # by the session of the page
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def begin(self, sound: Shown) -> Iterator[Wish]:
        """Hold the newest wish of the visitor's page until the block ends or a newer one begins."""
        session, wish = current_visitor().session, Wish(sound)
        with self._lock:
            self._overtake(session)
            self._pending[session] = wish
        try:
            yield wish
        finally:
            with self._lock:
                if wish.is_newest:
                    self._pending.pop(session, None)

    def take_back(self) -> None:
        """Let the visitor's page wish for nothing more."""
        with self._lock:
            self._overtake(current_visitor().session)

    def sound(self) -> Shown | None:
        """Return what the visitor's page waits for, if it does."""
        wish = self._pending.get(current_visitor().session)
        return wish.sound if wish else None

    def _overtake(self, session: str) -> None:
        before = self._pending.pop(session, None)
        if before is not None:
            before.is_newest = False
