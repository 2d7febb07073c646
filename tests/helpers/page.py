"""A running page for tests, a small model and sounds for it, and what a page must not do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest

from tests.helpers.models import hearing_classifier, save_checkpoint

GUARDED = Path(__file__).with_name("watched_app.py")
SAMPLING_RATE = 16000  # Hz
MICROPHONE_HERTZ = 1000.0  # the fake microphone plays this tone, over and over
START_SECONDS = 400  # importing torch and Gradio on a busy machine
LABELS = ("Dog", "Rooster", "Rain", "Siren", "Speech", "Piano", "Clock", "Engine", "Silence")


def tone(hertz: float, seconds: float, level: float = 0.3) -> np.ndarray:
    """Return a sine, float32 (samples,)."""
    seconds_at = np.arange(round(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    return (level * np.sin(2 * np.pi * hertz * seconds_at)).astype(np.float32)


def record_webm(page, hertz: float) -> bytes:
    """Let a browser record 1.5 s of a sine as WebM, which the server cannot decode."""
    recorded = page.evaluate(
        """async (frequency) => {
          const context = new AudioContext();
          const oscillator = new OscillatorNode(context, { frequency });
          const target = context.createMediaStreamDestination();
          oscillator.connect(target);
          oscillator.start();
          const recorder = new MediaRecorder(target.stream, { mimeType: 'audio/webm' });
          const parts = [];
          recorder.ondataavailable = (event) => parts.push(event.data);
          recorder.start();
          await new Promise((resolve) => setTimeout(resolve, 1500));
          await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
          return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
        }""",
        hertz,
    )
    return bytes(recorded)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def browser_program(playwright) -> str | None:
    """Return a Chromium of this machine (AST_CHROMIUM names one) or playwright's own, or None."""
    names = (os.environ.get("AST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def microphone_arguments(sound: Path | str) -> list[str]:
    """Return what Chromium is started with so that its microphone plays a WAV, over and over.

    `sound` may end in "%noloop" to play it once.
    """
    return [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


def save_small_model(folder: Path) -> None:
    """Save a small model with random weights and a window of 5.13 s, like the bundled ones."""
    classifier = hearing_classifier(
        LABELS, hidden_size=64, num_hidden_layers=3, intermediate_size=128, max_length=512
    )
    save_checkpoint(classifier, folder)


@dataclass
class Server:
    """A running `python app.py`."""

    url: str
    process: subprocess.Popen
    log: Path
    uploads: Path

    def printed(self) -> str:
        """Return what the server has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def serving(folder: Path, *arguments: str, **environment: str) -> Iterator[Server]:
    """Run app.py on a free port until the block ends; it may reach nothing but this machine."""
    port, log, uploads = free_port(), folder / "server.log", folder / "uploads"
    connections = folder / "connections.txt"
    uploads.mkdir()
    settings = {
        "OMP_NUM_THREADS": "1",
        "AST_TEST_CONNECTIONS": str(connections),
        "GRADIO_TEMP_DIR": str(uploads),
        "HF_HOME": str(folder / "hub"),
        "HF_HUB_OFFLINE": "0",
        "HF_ENDPOINT": "http://127.0.0.1:9",  # the port of the discard service: refused at once
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(GUARDED), "--port", str(port), *arguments],
            cwd=folder,
            env=os.environ | settings | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}/", process, log, uploads)
    try:
        _wait_for_page(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    assert not connections.exists(), connections.read_text()


def _wait_for_page(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(server.url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the page did not come up within {START_SECONDS} s:\n{server.printed()}")


def choose_file(page, button: str, path: Path) -> None:
    """Press a button of a page that asks for a file, and give it one."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(path)


@dataclass
class Complaints:
    """What a page did that it must not: requests to elsewhere, errors in its console."""

    home: str
    external: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        """Listen to a page."""
        page.on("request", lambda request: self._request(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("websocket", lambda socket: self._request(socket.url.replace("ws", "http", 1)))

    def _request(self, url: str) -> None:
        address = urlparse(url)
        if address.scheme in ("data", "blob"):
            return
        if address.netloc != urlparse(self.home).netloc:
            self.external.append(url)

    def _console(self, message) -> None:
        # Under a path of a host, a browser also asks for the host's own sign, which is not ours.
        host_sign = urlparse(self.home)._replace(path="/favicon.ico").geturl()
        ours = urlparse(self.home).path in ("", "/") or message.location.get("url") != host_sign
        if message.type == "error" and ours:
            self.errors.append(message.text)
