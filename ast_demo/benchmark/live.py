"""The live view's lag, from a sound to its labels on the page, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ast_demo.benchmark.report import Line, Settings
from ast_demo.benchmark.startup import SERVE

SECONDS = 60  # of listening
PATIENCE_SECONDS = 120  # for the page and its model
MOST_BETWEEN = 0.5  # seconds between updates: at least two a second
VIEW = "document.querySelector('.live').live"
WINDOW_IS_FULL = f"{VIEW}.answer?.filled >= {VIEW}.facts?.grid.max_length"
LAGS_AND_RESTARTS = f"[{VIEW}.gauges.lags, {VIEW}.answer.restarts]"


def measure(settings: Settings) -> Iterator[Line]:
    """Listen to a fake microphone for a minute; nothing is measured where there is no Chromium."""
    yield from pace_lines("live")


def pace_lines(name: str, beside: Callable | None = None) -> Iterator[Line]:
    """Listen for a minute; yield the lag from sound to labels and the time between updates.

    Args:
        name: what the lines begin with.
        beside: starts what runs beside it; takes the browser and the page's address.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("live: playwright is not installed, nothing measured", file=sys.stderr)
        return
    names = (os.environ.get("AST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    if program is None:
        print("live: no Chromium was found, nothing measured", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="ast-bench-") as folder, sync_playwright() as play:
        lags, dropped = _listen(play, program, Path(folder), beside)
    lags.sort()
    pace = SECONDS / len(lags)
    yield Line(f"{name}: lag from sound to labels, median", "s", statistics.median(lags) / 1000)
    last = lags[min(len(lags) - 1, round(0.95 * len(lags)))]
    yield Line(f"{name}: lag from sound to labels, 95th percentile", "s", last / 1000)
    note = f"{dropped} stretches of sound left out"
    yield Line(f"{name}: seconds between updates", "s", pace, target=MOST_BETWEEN, note=note)


def _listen(play, program: str, folder: Path, beside: Callable | None) -> tuple[list[float], int]:
    """Return every lag in milliseconds, and how often sound was left out."""
    import soundfile

    wav = folder / "microphone.wav"
    soundfile.write(wav, np.random.default_rng(0).normal(0, 0.1, 16000 * 10), 16000)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen(
        [*SERVE, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_TEMP_DIR": str(folder)},
    )
    try:
        _wait_for(address)
        browser = play.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={wav}",
            ],
        )
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("tab", name="Live").click()
        page.get_by_role("button", name="Listen").click()
        page.wait_for_function(WINDOW_IS_FULL, timeout=1000 * PATIENCE_SECONDS)
        if beside is not None:
            beside(browser, address)
        page.evaluate(f"{VIEW}.gauges.clear()")
        page.wait_for_timeout(1000 * SECONDS)
        lags, restarts = page.evaluate(LAGS_AND_RESTARTS)
        browser.close()
        return lags, restarts
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"app.py gave no page within {PATIENCE_SECONDS} s.")
