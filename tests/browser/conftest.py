"""A running page, and a real Chromium whose microphone plays a sound made here."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from tests.helpers.listening_model import LISTENER
from tests.helpers.page import (
    MICROPHONE_HERTZ,
    SAMPLING_RATE,
    Complaints,
    Server,
    browser_program,
    microphone_arguments,
    save_small_model,
    serving,
    tone,
)

EXACT = ("--device", "cpu", "--dtype", "float32")  # what Python's answers are compared with


@pytest.fixture(scope="package")
def checkpoint(tmp_path_factory) -> Path:
    """A small model with random weights."""
    folder = tmp_path_factory.mktemp("models") / "small-random"
    save_small_model(folder)
    return folder


@pytest.fixture(scope="package")
def server(checkpoint, tmp_path_factory) -> Iterator[Server]:
    """The page with the small model as its default."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, "--model", str(checkpoint), *EXACT) as running:
        yield running


@pytest.fixture(scope="package")
def microphone(tmp_path_factory) -> Path:
    """The file that the fake microphone plays."""
    path = tmp_path_factory.mktemp("microphone") / "tone.wav"
    soundfile.write(path, tone(MICROPHONE_HERTZ, 4.0), SAMPLING_RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="package")
def chromium(microphone):
    """A Chromium that grants the microphone; without one the browser tests are skipped.

    AST_CHROMIUM names the program; with AST_REQUIRE_BROWSER=1 a missing browser is a failure. It
    ends with this folder: while Playwright lives, its event loop runs in this thread, and no other
    test could start one.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _no_browser("playwright is not installed")
    with sync_playwright() as playwright:
        program = browser_program(playwright)
        if program is None:
            _no_browser("no Chromium was found: install one, or name it in AST_CHROMIUM")
        browser = playwright.chromium.launch(
            executable_path=program,
            args=microphone_arguments(microphone),
        )
        yield browser
        browser.close()


def _no_browser(reason: str) -> None:
    """Skip the browser tests on a machine that has none, unless they are required."""
    if os.environ.get("AST_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and AST_REQUIRE_BROWSER=1 asks for the browser tests.")
    pytest.skip(reason)


@pytest.fixture
def visit(chromium, server) -> Iterator[Callable]:
    """Open the page as a fresh visitor; every page must stay local and without console errors."""
    contexts, external, errors = [], [], []

    def open_page(width: int = 1280, height: int = 900, theme="light", url="", may_complain=False):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            permissions=["microphone"],
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        complaint = Complaints(url or server.url)
        complaint.watch(page)
        external.append(complaint.external)
        if not may_complain:
            errors.append(complaint.errors)
        page.goto(url or server.url)
        if "view=" not in url:  # else another tab may be open
            page.get_by_role("button", name="Upload a sound").wait_for()
            page.locator(".explorer").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for urls in external for url in urls] == []
    assert [text for texts in errors for text in texts] == []


@pytest.fixture
def sound_file(tmp_path) -> Callable[..., Path]:
    """Write a sound and return its path."""

    def write(name: str = "tone.wav", waveform: np.ndarray | None = None) -> Path:
        path = tmp_path / name
        waveform = tone(440.0, 2.0) if waveform is None else waveform
        soundfile.write(path, waveform, SAMPLING_RATE, subtype="PCM_16")
        return path

    return write


@pytest.fixture(scope="module")
def launch(chromium, tmp_path_factory) -> Iterator[Callable]:
    """Start a browser whose microphone plays a waveform, refuses, or does not exist."""
    program = browser_program(SimpleNamespace(chromium=chromium.browser_type))
    browsers = []

    def start(
        waveform: np.ndarray | None = None,
        prompt: str = "--use-fake-ui-for-media-stream",
        *more: str,
    ):
        arguments = ["--no-sandbox", prompt, *more]
        if waveform is not None:
            path = tmp_path_factory.mktemp("microphone") / "sound.wav"
            soundfile.write(path, waveform, SAMPLING_RATE, subtype="PCM_16")
            fake = f"--use-file-for-fake-audio-capture={path}"
            arguments += ["--use-fake-device-for-media-stream", fake]
        browsers.append(chromium.browser_type.launch(executable_path=program, args=arguments))
        return browsers[-1]

    yield start
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="module")
def listening(tmp_path_factory) -> Iterator[Server]:
    """The page with the model that tells three sounds apart."""
    settings = ("--model", str(LISTENER), "--device", "cpu", "--dtype", "float32")
    with serving(tmp_path_factory.mktemp("listening"), *settings) as running:
        yield running


@pytest.fixture
def open_view(listening) -> Iterator[Callable]:
    """Open a tab of the module's page; nothing external is asked for, nothing complained about."""
    contexts, complaints = [], Complaints(listening.url)

    def open_page(view, browser, width=1280, height=900, theme="light", permissions=()):
        viewport = {"width": width, "height": height}
        contexts.append(
            browser.new_context(
                viewport=viewport, color_scheme=theme, permissions=list(permissions)
            )
        )
        page = contexts[-1].new_page()
        complaints.watch(page)
        page.goto(listening.url)
        page.get_by_role("tab", name=view).click()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints.external == []
    assert complaints.errors == []


@pytest.fixture
def open_live(open_view) -> Callable:
    """Open the Live tab in a browser of `launch`."""
    return functools.partial(open_view, "Live")
