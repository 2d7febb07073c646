"""Let the page hear sounds through a browser's microphone, and print what it calls them.

    python -m tests.measurements.microphone --model everyday-sounds SOUND...

Each sound plays into the fake microphone of a Chromium of its own, over and over with a pause
between, is recorded with the page's button as a person would, and is classified. Prints a table in
Markdown, as model cards hold it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import sync_playwright

from ast_demo.audio.load import load_audio
from tests.helpers.page import SAMPLING_RATE, browser_program, microphone_arguments, serving

PATIENCE = 90_000  # milliseconds for an answer
SHOWN = 3


def main() -> None:
    """Try every sound named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="everyday-sounds")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a recording")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between repetitions")
    parser.add_argument("sounds", nargs="+", type=Path)
    options = parser.parse_args()
    print(f"| sound | best {SHOWN} |\n|---|---|")
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        serving(Path(folder), "--model", options.model) as server,
    ):
        for sound in options.sounds:
            played = Path(folder) / "played.wav"
            write_played(played, sound, options.seconds, options.pause)
            heard = listen(playwright, server.url, played, options.seconds)
            shown = ", ".join(f"{name} {score}" for name, score in heard[:SHOWN])
            print(f"| `{sound.name}` | {shown} |", flush=True)


def write_played(played: Path, sound: Path, seconds: float, pause: float) -> None:
    """Write what the fake microphone plays: the sound, repeated for as long as is recorded."""
    write_repeated(played, load_audio(sound).waveform, seconds, pause)


def write_repeated(played: Path, waveform: np.ndarray, seconds: float, pause: float = 0.0) -> None:
    """Write a waveform, repeated for as long as is recorded."""
    once = np.concatenate([waveform, np.zeros(round(pause * SAMPLING_RATE), np.float32)])
    times = int(np.ceil((seconds + 2) * SAMPLING_RATE / len(once)))
    soundfile.write(played, np.tile(once, times), SAMPLING_RATE, subtype="PCM_16")


def listen(playwright, url: str, played: Path, seconds: float) -> list[tuple[str, str]]:
    """Record in a fresh browser and return the labels with their scores, as the page shows them."""
    browser = playwright.chromium.launch(
        executable_path=browser_program(playwright),
        args=microphone_arguments(played),
    )
    page = browser.new_page()
    page.goto(url)
    recorder = page.locator("#recorder")
    recorder.get_by_role("button", name="Record").click()
    page.wait_for_timeout(1000 * seconds)
    recorder.get_by_role("button", name="Stop").click()
    page.locator(".ex-title").get_by_text("Recording").wait_for(timeout=PATIENCE)
    names = page.locator(".ex-label .ex-name").all_text_contents()
    scores = page.locator(".ex-label .ex-number").all_text_contents()
    browser.close()
    return list(zip(names, scores))


if __name__ == "__main__":
    main()
