"""A Hub of one's own: a server on 127.0.0.1 that speaks as much of the protocol as downloads need.

HEAD, GET /{owner}/{name}/resolve/{revision}/{file}
    X-Repo-Commit and ETag on success, X-Error-Code on failure; ranges are honoured.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

LONG_BODY = 10_000  # bytes; only bodies longer than this, the weights, are ever cut
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    range: str | None


@dataclass
class LoopbackHub:
    """Repositories that the server knows, how it misbehaves, and what it was asked.

    `files` maps "owner/name" to its files. `gated` names repositories that refuse everyone. `cuts`
    lists after how many bytes the next bodies break off; `resets` makes them break with a reset
    instead of a mere end. `status`, if set, answers everything.
    """

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    commit: str = COMMIT
    gated: set[str] = field(default_factory=set)
    cuts: list[int] = field(default_factory=list)
    resets: bool = False
    status: int | None = None
    requests: list[Request] = field(default_factory=list)
    endpoint: str = ""

    def asked(self, method: str, ending: str = "") -> list[Request]:
        """List the requests of a method whose path has an ending."""
        return [r for r in self.requests if r.method == method and r.path.endswith(ending)]


@contextlib.contextmanager
def loopback_hub():
    """Run a server in a thread; the endpoint is refused again once the context is left."""
    hub = LoopbackHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(hub: LoopbackHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self._answer(with_body=False)

        def do_GET(self):
            self._answer(with_body=True)

        def log_message(self, *args):
            """Stay silent."""

        def _answer(self, with_body: bool) -> None:
            path = unquote(self.path)
            hub.requests.append(Request(self.command, path, self.headers.get("Range")))
            repository, _, rest = path.lstrip("/").partition("/resolve/")
            revision, _, file = rest.partition("/")
            if hub.status is not None:
                return self._refuse(hub.status, None)
            if repository in hub.gated:
                return self._refuse(403, "GatedRepo")
            if repository not in hub.files:
                return self._refuse(401 if rest else 404, "RepoNotFound" if rest else None)
            if revision not in ("main", "v1", hub.commit):
                return self._refuse(404, "RevisionNotFound")
            if file not in hub.files[repository]:
                return self._refuse(404, "EntryNotFound", commit=True)
            return self._send(hub.files[repository][file], with_body)

        def _refuse(self, status: int, code: str | None, commit: bool = False) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
            if commit:
                self.send_header("X-Repo-Commit", hub.commit)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, content: bytes, with_body: bool) -> None:
            start = 0
            if wanted := self.headers.get("Range"):
                start = int(wanted.removeprefix("bytes=").split("-")[0])
                self.send_response(206)
                last, whole = len(content) - 1, len(content)
                self.send_header("Content-Range", f"bytes {start}-{last}/{whole}")
            else:
                self.send_response(200)
            body = content[start:]
            self.send_header("X-Repo-Commit", hub.commit)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Accept-Ranges", "bytes")
            self.end_headers()
            if not with_body:
                return
            cut = hub.cuts.pop(0) if hub.cuts and len(content) > LONG_BODY else None
            self.wfile.write(body[:cut])
            self.close_connection = True
            if cut is not None and hub.resets:
                hard = struct.pack("ii", 1, 0)  # linger for 0 seconds: close by a reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
                self.connection.close()

    return Handler
