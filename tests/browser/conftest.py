"""A running page, and a real Chromium whose microphone plays a sound made here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
import soundfile
import torch

from ast_demo.config import ASTConfig
from ast_demo.features import ASTFeatureExtractor
from ast_demo.model import ASTForAudioClassification

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLING_RATE = 16000  # Hz
MICROPHONE_HERTZ = 1000.0  # the fake microphone plays this tone, over and over
START_SECONDS = 120  # importing torch and Gradio on a busy machine
LABELS = ("Dog", "Rooster", "Rain", "Siren", "Speech", "Piano", "Clock", "Engine", "Silence")


def tone(hertz: float, seconds: float, level: float = 0.3) -> np.ndarray:
    """Return a sine, float32 (samples,)."""
    seconds_at = np.arange(round(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    return (level * np.sin(2 * np.pi * hertz * seconds_at)).astype(np.float32)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """A small model with random weights and a window of 5.13 s, like the bundled ones."""
    folder = tmp_path_factory.mktemp("models") / "small-random"
    torch.manual_seed(0)
    config = ASTConfig(
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=128,
        max_length=512,
        initializer_range=0.2,
        id2label=dict(enumerate(LABELS)),
        problem_type="multi_label_classification",
    )
    ASTForAudioClassification(config).save_pretrained(folder)
    ASTFeatureExtractor(max_length=512).save_pretrained(folder)
    return folder


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
    """Run app.py on a free port until the block ends; the Hub is out of its reach."""
    port, log, uploads = free_port(), folder / "server.log", folder / "uploads"
    uploads.mkdir()
    settings = {
        "OMP_NUM_THREADS": "1",
        "GRADIO_TEMP_DIR": str(uploads),
        "HF_HOME": str(folder / "hub"),
        "HF_HUB_OFFLINE": "0",
        "HF_ENDPOINT": "http://127.0.0.1:9",  # the port of the discard service: refused at once
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "app.py"), "--port", str(port), *arguments],
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


@pytest.fixture(scope="session")
def server(checkpoint, tmp_path_factory) -> Iterator[Server]:
    """The page with the small model as its default."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, "--model", str(checkpoint), "--device", "cpu") as running:
        yield running


@pytest.fixture(scope="session")
def microphone(tmp_path_factory) -> Path:
    """The file that the fake microphone plays."""
    path = tmp_path_factory.mktemp("microphone") / "tone.wav"
    soundfile.write(path, tone(MICROPHONE_HERTZ, 4.0), SAMPLING_RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def chromium(microphone):
    """A Chromium that grants the microphone; without one the browser tests are skipped.

    AST_CHROMIUM names the program; with AST_REQUIRE_BROWSER=1 a missing browser is a failure.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _no_browser("playwright is not installed")
    names = [os.environ.get("AST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        program = program or playwright.chromium.executable_path
        if not Path(program).exists():
            _no_browser("no Chromium was found: install one, or name it in AST_CHROMIUM")
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={microphone}",
            ],
        )
        yield browser
        browser.close()


def _no_browser(reason: str) -> None:
    if os.environ.get("AST_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and AST_REQUIRE_BROWSER=1 asks for the browser tests.")
    pytest.skip(reason)


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
        if message.type == "error":
            self.errors.append(message.text)


@pytest.fixture
def visit(chromium, server) -> Iterator[Callable]:
    """Open the page as a fresh visitor; every page must stay local and free of console errors."""
    contexts, complaints = [], []

    def open_page(width: int = 1280, height: int = 900, theme: str = "light", url: str = ""):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            permissions=["microphone"],
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        complaints.append(Complaints(url or server.url))
        complaints[-1].watch(page)
        page.goto(url or server.url)
        page.get_by_role("button", name="Upload a sound").wait_for()
        page.locator(".explorer").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [found.external for found in complaints if found.external] == []
    assert [found.errors for found in complaints if found.errors] == []


@pytest.fixture
def sound_file(tmp_path) -> Callable[..., Path]:
    """Write a sound and return its path."""

    def write(name: str = "tone.wav", waveform: np.ndarray | None = None) -> Path:
        path = tmp_path / name
        waveform = tone(440.0, 2.0) if waveform is None else waveform
        soundfile.write(path, waveform, SAMPLING_RATE, subtype="PCM_16")
        return path

    return write
