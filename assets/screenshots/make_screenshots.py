"""Take the README's screenshots of the page, as a visitor with the bundled model sees it.

    python assets/screenshots/make_screenshots.py [NAME...]

Takes all, or those named; one line of SHOTS is one picture. Needs what requirements-dev.txt
installs and a Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
LARGEST = 390_000  # bytes of one picture
PATIENCE = 60_000  # milliseconds for the model to load and answer


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the theme, the window, the view and what to click in it."""

    name: str
    theme: str
    width: int = 1280
    height: int = 800
    view: str = "Explore"
    example: str = "Siren"
    choices: tuple[str, ...] = ("Outline", "Rollout")
    patch: bool = False  # whether one is chosen


SHOTS = (
    Shot("explore-light", "light"),
    Shot("explore-dark", "dark", example="Church bells", choices=("Rollout",)),
    Shot("explore-heads", "dark", height=1320, choices=("Outline", "Layer and head"), patch=True),
    Shot("explore-phone", "light", width=390, height=844, choices=("Outline",)),
    Shot("live-dark", "dark", view="Live"),
    Shot("timeline-light", "light", view="Timeline"),
    Shot("learn-light", "light", view="Learn"),
)
MICROPHONE = ("siren", "rain", "church_bells", "speech", "violin")  # what it hears, in a row
LISTENING = 33_000  # milliseconds


def main() -> None:
    """Start the page, take the pictures, stop the page."""
    chosen = [shot for shot in SHOTS if not sys.argv[1:] or shot.name in sys.argv[1:]]
    sys.path.insert(0, str(REPOSITORY))
    from tests.helpers.page import browser_program, serving

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        microphone = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        heard = f"--use-file-for-fake-audio-capture={examples_in_a_row(Path(folder))}"
        browser = playwright.chromium.launch(
            executable_path=browser_program(playwright), args=["--no-sandbox", *microphone, heard]
        )
        with serving(Path(folder)) as server:
            for shot in chosen:
                page = browser.new_page(
                    viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.theme
                )
                page.goto(server.url)
                page.get_by_role("tab", name=shot.view).click()
                VIEWS[shot.view](page, shot)
                page.evaluate("scrollTo(0, 0)")
                page.wait_for_timeout(500)
                save(shot, page.screenshot())
                page.close()
        browser.close()


def examples_in_a_row(folder: Path) -> Path:
    """Write what the microphone hears."""
    from ast_demo.audio.load import SAMPLING_RATE, load_audio

    path = folder / "microphone.wav"
    with soundfile.SoundFile(path, "w", SAMPLING_RATE, 1) as row:
        for name in MICROPHONE:
            row.write(load_audio(REPOSITORY / f"assets/examples/{name}.flac").waveform)
            row.write(np.zeros(SAMPLING_RATE))
    return path


def explore(page: Page, shot: Shot) -> None:
    """Open an example and make the choices."""
    page.get_by_role("button", name=shot.example, exact=True).click(timeout=PATIENCE)
    page.locator(".ex-title").get_by_text(shot.example).wait_for(timeout=PATIENCE)
    for choice in shot.choices:
        page.get_by_role("radio", name=choice, exact=True).check()
    if shot.patch:
        box = page.locator(".ex-stage").bounding_box()
        page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.move(0, 0)


def live(page: Page, shot: Shot) -> None:
    """Listen for a while."""
    page.get_by_role("button", name="Listen").click()
    page.locator(".live[data-state=on]").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(LISTENING)


def timeline(page: Page, shot: Shot) -> None:
    """Hear the examples in a row and choose a window."""
    page.get_by_role("button", name="Try the examples in a row").click()
    page.locator(".timeline[data-state=ready][data-busy=false]").wait_for(timeout=PATIENCE)
    page.locator(".tl-events tbody tr").first.wait_for(timeout=PATIENCE)
    box = page.locator(".tl-scroller").bounding_box()
    page.mouse.click(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])


def learn(page: Page, shot: Shot) -> None:
    """Go to the step that cuts the picture, and choose an answer."""
    page.locator(".ln-settings select").first.select_option(shot.example.lower())
    page.locator(".ln-goto", has_text="Cards").click()
    page.locator(".ln-read", has_text="600 cards").wait_for(timeout=PATIENCE)
    page.get_by_role("radio", name="Only the overlap").check()
    page.mouse.move(0, 0)


VIEWS = {"Explore": explore, "Live": live, "Timeline": timeline, "Learn": learn}


def save(shot: Shot, png: bytes) -> None:
    """Write a picture, with a palette where it would be large otherwise."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    path = FOLDER / f"{shot.name}.png"
    picture.save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        picture.quantize(256, kmeans=3).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
