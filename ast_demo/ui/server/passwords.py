"""Wrong passwords are bounded, for each address and for all together."""

from __future__ import annotations

import base64
import secrets
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ast_demo.ui.server.client import client
from ast_demo.ui.server.http import LATE_BYTES, discard, refuse
from ast_demo.ui.server.rates import TokenBucket
from ast_demo.ui.server.routes import local_path
from ast_demo.ui.services.limits import Limits

LOGIN_PATH = "/login"
FRIENDS_KEPT = 1000  # addresses that once gave the right password
EVERYONE = "everyone"


class PasswordGuesses:
    """Count guesses; a right one costs nothing.

    The bound on all addresses together does not hold for those that have given the right password
    before, so that a stranger with many addresses cannot lock them out.
    """

    def __init__(self, limits: Limits):
        rate = limits.guesses_per_minute / 60
        self.wait_seconds = round(1 / rate)
        self._each = TokenBucket(rate, limits.guesses)
        self._all = TokenBucket(10 * rate, 10 * limits.guesses)
        self._friends = OrderedDict()
        self.refusal = (
            f"Too many wrong passwords: {limits.guesses_per_minute} a minute are heard, wait a "
            "moment."
        )

    def begin(self, address: str) -> bool:
        """Take a guess from what an address may make; False if there is none left."""
        if not self._each.spend(address):
            return False
        return address in self._friends or self._all.spend(EVERYONE)

    def was_right(self, address: str) -> None:
        """Give a guess back that was right."""
        self._each.refund(address)
        if address not in self._friends:
            self._all.refund(EVERYONE)
        self._friends[address] = True
        self._friends.move_to_end(address)
        if len(self._friends) > FRIENDS_KEPT:
            self._friends.popitem(last=False)


class BasicPassword:
    """Name and password as programs bring them with each request (HTTP Basic).

    Args:
        password: "name:password".
        guesses: counts wrong ones, those at the page's own login too.
    """

    def __init__(self, password: str, guesses: PasswordGuesses):
        self._expected = "Basic " + base64.b64encode(password.encode()).decode()
        self._guesses = guesses

    def refusal(self, scope: Scope) -> Response | None:
        """Refuse who gives no password or a wrong one, and who guesses; None for who may enter."""
        given, address = Headers(scope=scope).get("authorization"), client(scope)
        if given is not None:
            if not self._guesses.begin(address):
                return refuse(scope, 429, self._guesses.refusal, self._guesses.wait_seconds)
            if secrets.compare_digest(given.encode(), self._expected.encode()):
                self._guesses.was_right(address)
                return None
        answer = refuse(scope, 401, "A name and a password are needed here.")
        answer.headers["WWW-Authenticate"] = 'Basic realm="AST Explorer"'
        return answer


class BoundedLogin:
    """Middleware: refuse names and passwords that come too fast."""

    def __init__(self, app: ASGIApp, guesses: PasswordGuesses):
        self._app = app
        self._guesses = guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a login that succeeds is no guess."""
        if scope["type"] != "http" or not _is_login(scope):
            await self._app(scope, receive, send)
            return
        address = client(scope)
        if not self._guesses.begin(address):
            await discard(receive, LATE_BYTES)
            wait = self._guesses.wait_seconds
            await refuse(scope, 429, self._guesses.refusal, wait)(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._guesses.was_right(address)
            await send(message)

        await self._app(scope, receive, watched)


def _is_login(scope: Scope) -> bool:
    return scope["method"] == "POST" and local_path(scope).rstrip("/") == LOGIN_PATH
