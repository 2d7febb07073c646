"""Make the README's moving picture: the page from a picked sound to the lesson.

    python assets/screenshots/make_tour.py

Each step of the tour is an action on the real page and one still frame, shown for a while. Needs
what requirements-dev.txt installs and a Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
TARGET = FOLDER / "tour.webp"
WIDTH, HEIGHT = 1280, 800  # of the page, in CSS pixels
SHOWN_WIDTH = 960  # of the picture
QUALITY = 82
LARGEST = 2_500_000  # bytes
PATIENCE = 120_000  # milliseconds for the model to load and answer


class Step(NamedTuple):
    """One frame: what is done before it, and how long it is shown."""

    act: Callable[[Page], None]
    milliseconds: int


def pick(page: Page) -> None:
    """Open the example Siren."""
    page.get_by_role("button", name="Siren", exact=True).click(timeout=PATIENCE)
    page.locator(".ex-title").get_by_text("Siren").wait_for(timeout=PATIENCE)
    page.mouse.move(0, 0)


def point(x: float, y: float) -> Callable[[Page], None]:
    """Return an action: move the mouse to a place of the picture, in shares of its size."""

    def act(page: Page) -> None:
        box = page.locator(".ex-stage").bounding_box()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    return act


def press(page: Page) -> None:
    """Choose the patch under the mouse."""
    page.mouse.down()
    page.mouse.up()
    page.wait_for_timeout(500)


def choose(name: str) -> Callable[[Page], None]:
    """Return an action: check a radio button by its name."""
    return lambda page: page.get_by_role("radio", name=name, exact=True).first.check()


def show(selector: str) -> Callable[[Page], None]:
    """Return an action: scroll to a part of the page."""

    def act(page: Page) -> None:
        page.locator(selector).first.scroll_into_view_if_needed()
        page.wait_for_timeout(600)

    return act


def evidence(page: Page) -> None:
    """Ask for the evidence for the best label."""
    page.evaluate("scrollTo(0, 0)")
    page.locator(".ex-labels li button, .ex-labels button").first.click()
    page.wait_for_timeout(2000)


def deletion(page: Page) -> None:
    """Run the deletion test and wait for its curve."""
    run = page.get_by_role("button", name="Run the test")
    run.scroll_into_view_if_needed()
    run.click()
    page.locator(".ex-deletion svg, .ex-deletion canvas").first.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(4000)
    page.locator(".ex-deletion").scroll_into_view_if_needed()


def cards(page: Page) -> None:
    """Open the lesson where the picture is cut into cards."""
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("tab", name="Learn").click()
    page.get_by_role("button", name="7 Cards").click(timeout=PATIENCE)
    page.wait_for_timeout(2500)


TOUR = (
    Step(pick, 1600),
    Step(point(0.22, 0.45), 600),
    Step(point(0.30, 0.42), 600),
    Step(point(0.38, 0.40), 600),
    Step(press, 1500),
    Step(choose("Layer and head"), 1200),
    Step(show(".ex-maps"), 1600),
    Step(evidence, 1600),
    Step(deletion, 2400),
    Step(cards, 2400),
)


def main() -> None:
    """Start the page, walk through it, write the picture."""
    sys.path.insert(0, str(REPOSITORY))
    from tests.helpers.page import browser_program, serving

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_program(playwright), args=["--no-sandbox"]
        )
        with serving(Path(folder)) as server:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(server.url)
            frames = [frame(page, step) for step in TOUR]
        browser.close()
    write(frames, [step.milliseconds for step in TOUR])


def frame(page: Page, step: Step) -> Image.Image:
    """Do a step and return what the page then looks like."""
    step.act(page)
    page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return picture.resize((SHOWN_WIDTH, round(SHOWN_WIDTH * HEIGHT / WIDTH)), Image.LANCZOS)


def write(frames: list[Image.Image], milliseconds: list[int]) -> None:
    """Write an animated WebP that repeats.

    Raises:
        ValueError: if it is larger than it may be.
    """
    frames[0].save(
        TARGET,
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds,
        loop=0,
        quality=QUALITY,
        method=6,
    )
    size = TARGET.stat().st_size
    if size > LARGEST:
        raise ValueError(f"{TARGET.name} has {size} bytes, at most {LARGEST} are wanted.")
    print(f"{TARGET.name}: {size // 1000} kB, {len(frames)} frames")


if __name__ == "__main__":
    main()
