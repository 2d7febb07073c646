"""Keep other sites in the visitor's browser away from a page that runs on his own machine.

A page on 127.0.0.1 is out of reach for strangers, but not for their sites in a browser on this
machine: a form or a script of theirs may send requests here, and a name of theirs may be turned
into 127.0.0.1 while their script runs (DNS rebinding). Both are told by headers that no script can
set: `Host` and `Origin`, and `Sec-Fetch-Site`, which browsers send where they speak https or with
this machine itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ast_demo.ui.server.client import host_name, is_local
from ast_demo.ui.server.http import LATE_BYTES, discard, refuse

READING = ("GET", "HEAD", "OPTIONS")  # change nothing, and other sites cannot read the answer
# Public names that nobody can turn into this machine. Anyone may have a page below them, so that
# they are a host's only, never a sender's.
TUNNELS = (".hf.space", ".gradio.live")
NOT_OURS = (
    "This page answers to localhost: open it under that name, or name its public host in AST_HOSTS."
)
FOREIGN = "Another site sent this request: use this page itself, or name that site in AST_HOSTS."


class OwnHosts:
    """Middleware: refuse what comes for another host, or from another site.

    Args:
        hosts: public names of this page, besides those of this machine.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()):
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what a page or a program of this machine, or a known proxy, asks."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await discard(receive, LATE_BYTES)
        await refuse(scope, *refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        host = host_name(headers.get("host", ""))
        # Only over https does a browser send the header along with a foreign name, and no https
        # ends here: a proxy of the host's stands before us.
        if host and not (self._is_ours(host) or host.endswith(TUNNELS)) and site is None:
            return 421, NOT_OURS
        if scope["method"] in READING or site in ("same-origin", "none"):
            return None
        origin = headers.get("origin")
        if origin is None and site is None:  # no browser
            return None
        sender = host_name(urlsplit(origin or "").netloc)
        forwarded = host_name(headers.get("x-forwarded-host", ""))
        if self._is_ours(sender) or (sender and sender in (host, forwarded)):
            return None
        return 403, FOREIGN

    def _is_ours(self, host: str) -> bool:
        return is_local(host) or host in self._hosts


def needs_own_hosts(host: str | None, environment: Mapping[str, str]) -> bool:
    """Tell whether names are to be checked: on loopback, where no proxy was declared.

    Args:
        host: the address that is listened on, None for 127.0.0.1.
        environment: where a Space and a trusted proxy leave their marks.
    """
    if environment.get("SPACE_ID") or environment.get("FORWARDED_ALLOW_IPS"):
        return False
    return host is None or is_local(host_name(host) if ":" not in host else host.strip("[]"))


def public_hosts(environment: Mapping[str, str]) -> list[str]:
    """Read the public names of the page, separated by commas, from AST_HOSTS."""
    return [host_name(name) for name in environment.get("AST_HOSTS", "").split(",") if name.strip()]
