"""Measure how long a visitor waits after `serve`, which `python app.py` is too."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence

SERVE = (sys.executable, "-m", "ast_demo", "serve")  # works from a wheel, too
GIVE_UP_SECONDS = 120


def first_page_seconds(arguments: Sequence[str] = (), poll: float = 0.02) -> float:
    """Serve the page in a process of its own and time it until the page is answered.

    Args:
        arguments: options of `serve`; the port is chosen here.
        poll: seconds between attempts, which bounds the error.

    Raises:
        RuntimeError: if the process ends, or the page does not come within two minutes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*SERVE, "--port", str(port), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"GRADIO_SERVER_NAME": "127.0.0.1"},
    )
    try:
        while time.perf_counter() - start < GIVE_UP_SECONDS and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    answer.read()
                return time.perf_counter() - start
            except OSError:
                time.sleep(poll)
    finally:
        process.terminate()
        process.wait()
    raise RuntimeError(f"there was no page within {GIVE_UP_SECONDS} s.")
