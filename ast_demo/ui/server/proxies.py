"""Proxies of the environment serve downloads from the Hub, and never stand before our own page.

Gradio asks its own server once when it starts, through whatever `http_proxy` names. And where a
SOCKS proxy is set, httpx cannot even be imported into use without the package `socksio`.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, MutableMapping

OWN_NAMES = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::")
VARIABLES = ("no_proxy", "NO_PROXY")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def spare_own_address(environment: MutableMapping[str, str], host: str | None = None) -> None:
    """Add this machine's names to what is asked for without a proxy."""
    present = [environment[name] for name in VARIABLES if environment.get(name)]
    names = [name for text in present for name in text.split(",") if name]
    own = [*OWN_NAMES, *([host] if host else [])]
    names += [name for name in own if name not in names]
    for variable in VARIABLES:
        environment[variable] = ",".join(dict.fromkeys(names))


@contextlib.contextmanager
def without_socks(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Hide SOCKS proxies that httpx could not use, until the block ends.

    Nothing is asked over the network meanwhile, but httpx looks for a proxy whenever it is set up.
    """
    hidden = {}
    if importlib.util.find_spec("socksio") is None:
        for name in (*PROXIES, *map(str.upper, PROXIES)):
            if environment.get(name, "").lower().startswith("socks"):
                hidden[name] = environment.pop(name)
    try:
        yield
    finally:
        environment.update(hidden)
