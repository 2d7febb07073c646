"""Who a request comes from, as far as that can be believed."""

from __future__ import annotations

import ipaddress
import os

from starlette.datastructures import Headers
from starlette.types import Scope

IPV6_PREFIX = 64  # bits that a network hands to one customer, who may use every address below


def client(scope: Scope) -> str:
    """Return the address of the visitor; behind the proxy of a Space it is the last hop's word."""
    if os.environ.get("SPACE_ID"):  # elsewhere anyone could write this header
        hops = Headers(scope=scope).get("x-forwarded-for", "")
        if hops:
            return one_network(hops.rsplit(",", 1)[-1].strip())
    return one_network(scope["client"][0]) if scope.get("client") else "unknown"


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
