"""A balancer on loopback: each request goes to the next replica, or to a client's own one."""

from __future__ import annotations

import http.client
import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROPPED = {"connection", "transfer-encoding", "content-length", "date", "server"}


class Balancer:
    """Forward requests to several ports.

    Args:
        ports: of the replicas.
        sticky: send each visitor, known by the header X-Visitor, to one replica.
        prefix: the path below which the page is served; the replicas know nothing of it.
    """

    def __init__(self, ports: list[int], sticky: bool = False, prefix: str = ""):
        self._prefix = prefix
        self.served = dict.fromkeys(ports, 0)
        self._next = itertools.cycle(ports)
        self._sticky = sticky
        self._homes = {}
        balancer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Say nothing."""

            def do_GET(self):
                balancer._forward(self)

            do_POST = do_GET  # noqa: N815 (the name http.server calls)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{prefix}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _port(self, visitor: str) -> int:
        if not self._sticky:
            return next(self._next)
        if visitor not in self._homes:
            self._homes[visitor] = next(self._next)
        return self._homes[visitor]

    def _forward(self, handler) -> None:
        if not handler.path.startswith(self._prefix):
            handler.send_error(404)
            return
        path = handler.path[len(self._prefix) :] or "/"
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        visitor = handler.headers.get("X-Visitor", "")
        for _ in self.served:  # a replica that is gone is passed over
            port = self._port(visitor)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            try:
                connection.request(handler.command, path, body, dict(handler.headers))
                answer = connection.getresponse()
                content = answer.read()
            except OSError:
                self._homes.pop(visitor, None)
                continue
            finally:
                connection.close()
            self.served[port] += 1
            handler.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in DROPPED:
                    handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
            return
        handler.send_error(502)
