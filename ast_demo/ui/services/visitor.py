"""Whose request is being answered: what sharing the model fairly goes by."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass


def _stays() -> bool:
    return False


@dataclass(frozen=True)
class Visitor:
    """Who asked, and whether he still waits for the answer."""

    address: str  # of the network, as far as it can be believed
    session: str = ""  # one open page, named by the browser: anyone may open many
    has_left: Callable[[], bool] = _stays  # asked often, while others wait: must be quick
    near: bool = False  # at this machine itself, as far as can be told


HOST = Visitor("the server itself", near=True)  # warming up, tests, Python
_asking: ContextVar[Visitor] = ContextVar("visitor", default=HOST)


def current_visitor() -> Visitor:
    """Return whose request is being answered here; threads that work for it know it too."""
    return _asking.get()


@contextlib.contextmanager
def visiting(visitor: Visitor) -> Iterator[None]:
    """Work for a visitor until the block ends."""
    token = _asking.set(visitor)
    try:
        yield
    finally:
        _asking.reset(token)
