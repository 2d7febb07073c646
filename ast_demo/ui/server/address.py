"""Where the page can be served: an address of this machine and a free port, found before the start.

Gradio finds out late and in a traceback; here it is one sentence, and nothing was built yet.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Mapping

LOOPBACK = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")
FIRST_PORT = 7860  # Gradio's own, which Spaces expect
PORTS_TRIED = 100
MOST_PORT = 65535


class StartError(ValueError):
    """The page cannot be served as asked; says why in one sentence."""


def port_number(text: str, name: str) -> int:
    """Read a port.

    Args:
        text: what was given.
        name: who gave it, "--port" or a variable.

    Raises:
        StartError: if it is no whole number from 1 to 65535.
    """
    if text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MOST_PORT:
        return int(text)
    raise StartError(f"{name} is {text!r}, expected a port from 1 to {MOST_PORT}.")


def ports_to_try(port: int | None, environment: Mapping[str, str]) -> Iterable[int]:
    """List the ports that may be used: the chosen one, or the first free of a hundred.

    Raises:
        StartError: if GRADIO_SERVER_PORT is no port.
    """
    if port is not None:
        return [port]
    stated = environment.get("GRADIO_SERVER_PORT")
    first = FIRST_PORT if stated is None else port_number(stated, "GRADIO_SERVER_PORT")
    return range(first, min(first + PORTS_TRIED, MOST_PORT + 1))


def free_port(host: str, ports: Iterable[int]) -> int:
    """Return the first port of a host that nobody listens on.

    Raises:
        StartError: if the host is none of this machine's, or every port is taken.
    """
    ports = list(ports)
    for port in ports:
        try:
            _bind(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise StartError(_reason(host, port, error)) from error
        return port
    taken = f"port {ports[0]} is" if len(ports) == 1 else f"the ports {ports[0]} to {ports[-1]} are"
    raise StartError(f"{taken} taken on {host}: choose another with --port.")


def _bind(host: str, port: int) -> None:
    """Try whether an address can be listened on."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # As the server will: connections that still end are no bar. On Windows the same option
        # would let two servers share a port.
        option = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        probe.setsockopt(socket.SOL_SOCKET, option, 1)
        probe.bind(address)
        probe.listen(1)


def _reason(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno in (
        errno.EADDRNOTAVAIL,
        errno.EAFNOSUPPORT,
    ):
        return (
            f"{host} is no address of this machine: use {LOOPBACK} for this machine alone, or "
            "0.0.0.0 to let others in."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} is for the system alone: choose one from 1024 on with --port."
    return f"{host} cannot be listened on at port {port} ({error.strerror or error})."


def bracketed(host: str) -> str:
    """Write a host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def shown_address(host: str, port: int) -> str:
    """Return the address for a browser on this machine."""
    return f"http://{bracketed('localhost' if host in EVERYWHERE else host)}:{port}/"
