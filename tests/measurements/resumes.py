"""Pause and resume the Live tab again and again, memory tidied meanwhile: does it go on?

    python -m tests.measurements.resumes --browser chromium --times 20
    python -m tests.measurements.resumes --browser firefox --times 5

Chromium is driven by Playwright, the machine's own Firefox by Marionette, the protocol that it
brings for this. Both hear a microphone that the browser makes up.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import soundfile
from playwright.sync_api import sync_playwright

from tests.helpers.listening_model import LISTENER, scene
from tests.helpers.page import (
    SAMPLING_RATE,
    browser_program,
    free_port,
    microphone_arguments,
    serving,
)

PATIENCE = 60.0  # seconds; other work may share the machine
HEARD = "(document.querySelector('.live')?.live?.answer?.seconds ?? 0)"
STATE = "document.querySelector('.live')?.dataset.state"
FIREFOX_SETTINGS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.cubeb.force_mock_context": True,  # sound output where the machine has none
    "media.cubeb.sandbox": False,
}


class Chromium:
    """A page in Chromium."""

    def __init__(self, page):
        self._page = page

    def ask(self, expression: str):
        """Return what an expression is in the page."""
        return self._page.evaluate(expression)

    def click(self, role: str, name: str) -> None:
        """Click on a button or a tab."""
        self._page.get_by_role(role, name=name, exact=True).click()

    def tidy(self) -> None:
        """Collect what nothing holds."""
        self._page.evaluate("gc()")


class Firefox:
    """A page in Firefox, over Marionette's messages: the length, a colon, JSON."""

    def __init__(self, port: int):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
        self._number = 0
        self._receive()  # its greeting
        self._send("WebDriver:NewSession", {})

    def open(self, url: str) -> None:
        """Go to an address."""
        self._send("WebDriver:Navigate", {"url": url})

    def ask(self, expression: str):
        """Return what an expression is in the page."""
        return self._script(f"return {expression}")

    def click(self, role: str, name: str) -> None:
        """Click on a button or a tab."""
        tag = "button" if role == "button" else f"*[@role='{role}']"
        path = f"//{tag}[normalize-space(.)='{name}']"
        for found in self._send("WebDriver:FindElements", {"using": "xpath", "value": path}):
            (identifier,) = found.values()
            if self._send("WebDriver:IsElementDisplayed", {"id": identifier})["value"]:
                self._send("WebDriver:ElementClick", {"id": identifier})
                return
        raise ValueError(f"the page has no {role} {name!r}.")

    def tidy(self) -> None:
        """Collect what nothing holds."""
        self._send("Marionette:SetContext", {"value": "chrome"})
        self._script("Cu.forceGC(); Cu.forceCC(); Cu.forceGC();")
        self._send("Marionette:SetContext", {"value": "content"})

    def _script(self, script: str):
        return self._send("WebDriver:ExecuteScript", {"script": script, "args": []})["value"]

    def _send(self, command: str, parameters: dict):
        self._number += 1
        text = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self._receive()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result

    def _receive(self):
        length = b""
        while not length.endswith(b":"):
            length += self._socket.recv(1)
        text = b""
        while len(text) < int(length[:-1]):
            text += self._socket.recv(int(length[:-1]) - len(text))
        return json.loads(text)


@contextlib.contextmanager
def chromium(url: str, folder: Path) -> Iterator[Chromium]:
    """Open the page in a Chromium whose microphone plays three sounds."""
    wav = folder / "microphone.wav"
    sounds = scene([(1.0, 1.8, "Low tone"), (4.0, 4.8, "High tone"), (7.0, 7.8, "Hiss")], 9.0)
    soundfile.write(wav, sounds, SAMPLING_RATE, subtype="PCM_16")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_program(playwright),
            args=[*microphone_arguments(wav), "--js-flags=--expose-gc"],
        )
        page = browser.new_page()
        page.goto(url)
        yield Chromium(page)
        browser.close()


@contextlib.contextmanager
def firefox(url: str, folder: Path) -> Iterator[Firefox]:
    """Open the page in a Firefox whose microphone is a tone."""
    profile = folder / "profile"
    profile.mkdir()
    port = free_port()
    settings = {**FIREFOX_SETTINGS, "marionette.port": port}
    lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in settings.items())
    (profile / "user.js").write_text("".join(lines))
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        raise ValueError("no Firefox was found: install one.")
    command = [
        program,
        "--headless",
        "--marionette",
        "--remote-allow-system-access",
        "--profile",
        str(profile),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = Firefox(port)
        page.open(url)
        yield page
    finally:
        process.terminate()
        process.wait(PATIENCE)


def resumed(page: Chromium | Firefox, times: int) -> int:
    """Return how often the sound went on."""
    wait(page, "document.querySelector('.explorer') !== null")
    page.click("tab", "Live")
    page.click("button", "Listen")
    went_on = 0
    if not wait(page, f"{HEARD} > 1"):
        raise ValueError("the page hears nothing.")
    for number in range(1, times + 1):
        page.click("button", "Pause")
        wait(page, f"{STATE} === 'paused'")
        heard = page.ask(HEARD)
        for _ in range(3):
            page.tidy()
        page.click("button", "Resume")
        goes_on = wait(page, f"{HEARD} > {heard} + 1")
        went_on += goes_on
        print(f"{number}: {'goes on' if goes_on else 'frozen'} after {heard:.1f} s", flush=True)
    return went_on


def wait(page: Chromium | Firefox, condition: str) -> bool:
    """Wait until a condition holds in the page; return whether it did in time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if page.ask(condition):
            return True
        time.sleep(0.1)
    return False


def main() -> int:
    """Run it and print the count; exit code 1 if it froze once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", choices=["chromium", "firefox"], default="chromium")
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    opened = {"chromium": chromium, "firefox": firefox}[options.browser]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            serving(folder, "--model", str(LISTENER), "--device", "cpu") as server,
            opened(server.url, folder) as page,
        ):
            went_on = resumed(page, options.times)
    print(f"{options.browser}: went on {went_on} of {options.times} times")
    return int(went_on < options.times)


if __name__ == "__main__":
    raise SystemExit(main())
