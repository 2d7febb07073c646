"""Who a request comes from, as far as that can be believed."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

PROXY_HEADERS = (  # one of which nearly every proxy adds
    *("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"),
    *("cf-connecting-ip", "true-client-ip", "x-client-ip"),
)
IPV6_PREFIX = 64  # bits that a network hands to one customer, who may use every address below


def client(scope: Scope) -> str:
    """Return the address of the visitor; behind the proxy of a Space it is the last hop's word."""
    if os.environ.get("SPACE_ID"):  # elsewhere anyone could write this header
        hops = Headers(scope=scope).get("x-forwarded-for", "")
        if hops:
            return one_network(hops.rsplit(",", 1)[-1].strip())
    return one_network(scope["client"][0]) if scope.get("client") else "unknown"


def is_near(scope: Scope) -> bool:
    """Tell whether a request comes from this machine itself, not through a proxy on it.

    A proxy that hides every trace of itself cannot be told from a program of this machine.
    """
    headers = Headers(scope=scope)
    host, origin = headers.get("host", ""), headers.get("origin")
    return (
        bool(scope.get("client"))
        and is_local(scope["client"][0])
        and is_local(host_name(host))
        and (origin is None or is_local(host_name(urlsplit(origin).netloc)))
        and not any(name in headers for name in PROXY_HEADERS)
    )


def host_name(netloc: str) -> str:
    """Return the name in "name:port" or "[address]:port", without the port, in small letters."""
    netloc = netloc.strip().lower()
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0]
    return netloc.partition(":")[0].rstrip(".")


def is_local(host: str) -> bool:
    """Tell whether a name or an address means this machine alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def one_network(address: str) -> str:
    """Return what stands for everyone who could be behind an address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
