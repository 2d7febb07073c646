"""Measure how long a first visitor waits for a picture with heat.

    python -m tests.measurements.first_picture [--cold 5] [--warm 5] [--model NAME]

A cold visit opens the page the moment a fresh server answers, while its model is still loading; a
warm one comes to a server that has been visited before. Each visitor is a browser without a cache.
Prints, for both, the median and the worst of: the page's first paint after the address was entered,
and the seconds from there until the opening example stands there with its heat and its labels.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.helpers.page import browser_program, serving

WATCH = """
const isThere = () => document.querySelector('.explorer')?.dataset.filled === 'true'
  && document.querySelector('.ex-legend-heat') && document.querySelector('.ex-label');
const look = () => {
  if (isThere()) window.pictureAt = performance.now();
  else requestAnimationFrame(look);
};
look();
"""
PATIENCE = 120_000  # milliseconds
TARGET = 3.0  # seconds from first paint to the picture, on two cores


def main() -> None:
    """Visit fresh servers, then one of them again, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cold", type=int, default=5, help="fresh servers")
    parser.add_argument("--warm", type=int, default=5, help="further visits to the last of them")
    parser.add_argument("--model", default="everyday-sounds")
    arguments = parser.parse_args()
    cold, warm = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_program(playwright), args=["--no-sandbox"]
        )
        visit(browser, "about:blank")  # the browser's own start is not the page's
        for number in range(arguments.cold):
            with (
                tempfile.TemporaryDirectory() as folder,
                serving(Path(folder), "--model", arguments.model) as server,
            ):
                cold.append(visit(browser, server.url))
                if number == arguments.cold - 1:
                    warm = [visit(browser, server.url) for _ in range(arguments.warm)]
        browser.close()
    for name, visits in (("fresh server", cold), ("warm server", warm)):
        for what, seconds in zip(("first paint", "paint to picture"), zip(*visits)):
            middle, worst = statistics.median(seconds), max(seconds)
            print(f"{name}, {what}: median {middle:.2f} s, worst {worst:.2f} s")
    print(f"target, paint to picture: {TARGET:.0f} s")


def visit(browser: Browser, url: str) -> tuple[float, float]:
    """Open the page as a newcomer; return seconds to first paint, and from there to the picture."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    if url == "about:blank":
        page.goto(url)
        context.close()
        return 0.0, 0.0
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.pictureAt", timeout=PATIENCE)
    paint, picture = page.evaluate(
        "[performance.getEntriesByName('first-contentful-paint')[0].startTime, pictureAt]"
    )
    context.close()
    return paint / 1000, (picture - paint) / 1000


if __name__ == "__main__":
    main()
