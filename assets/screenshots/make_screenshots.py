"""Take the README's screenshots of the page, as a visitor with the bundled model sees it.

    python assets/screenshots/make_screenshots.py

Needs what requirements-dev.txt installs and a Chromium. One line of SHOTS is one picture.
"""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
LARGEST = 390_000  # bytes of one picture
PATIENCE = 60_000  # milliseconds for the model to load and answer


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the theme, the window, what to click."""

    name: str
    theme: str
    width: int = 1280
    height: int = 800
    example: str = "Siren"
    choices: tuple[str, ...] = ("Outline", "Rollout")


SHOTS = (
    Shot("explore-light", "light"),
    Shot("explore-dark", "dark", example="Church bells", choices=("Rollout",)),
    Shot("explore-phone", "light", width=390, height=844, choices=("Outline",)),
)


def main() -> None:
    """Start the page, take every picture, stop the page."""
    sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests")]
    from helpers.page import browser_program, serving

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_program(playwright), args=["--no-sandbox"]
        )
        with serving(Path(folder)) as server:
            for shot in SHOTS:
                page = browser.new_page(
                    viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.theme
                )
                page.goto(server.url)
                save(shot, take(page, shot))
                page.close()
        browser.close()


def take(page: Page, shot: Shot) -> bytes:
    """Open an example, make the choices and return the picture as PNG."""
    page.get_by_role("button", name=shot.example, exact=True).click(timeout=PATIENCE)
    page.locator(".ex-title").get_by_text(shot.example).wait_for(timeout=PATIENCE)
    for choice in shot.choices:
        page.get_by_role("radio", name=choice, exact=True).check()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    return page.screenshot()


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
