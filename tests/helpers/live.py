"""What tests of the Live tab do with its page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.helpers.page import browser_program, microphone_arguments, serving

PATIENCE = 60_000  # milliseconds; other work may share the machine

# Keeps when sounds end at the microphone and when headlines appear, in milliseconds of one clock.
WATCH_WORDS = """() => {
  const SOUND = 0.02; // a level between the words and what lies between them
  const seen = (window.seen = { ends: [], headlines: [] });
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    const context = new AudioContext();
    const meter = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(stream).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    let loud = 0; // when it was loud the last time
    setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const level = Math.hypot(...samples) / Math.sqrt(samples.length);
      const now = performance.now();
      if (level > SOUND) loud = now;
      else if (loud && now - loud > 200) {
        seen.ends.push(loud);
        loud = 0;
      }
    }, 5);
    return stream;
  };
  const headline = document.querySelector(".live-headline");
  new MutationObserver(() => {
    seen.headlines.push([headline.textContent, performance.now()]);
  }).observe(headline, { childList: true, characterData: true, subtree: true });
}"""


@contextmanager
def live_page(folder: Path, model: str, sound: Path) -> Iterator[Page]:
    """Serve a model and yield its Live tab, in a browser whose microphone plays a file once."""
    with sync_playwright() as playwright, serving(folder, "--model", model) as server:
        browser = playwright.chromium.launch(
            executable_path=browser_program(playwright),
            args=microphone_arguments(f"{sound}%noloop"),
        )
        page = browser.new_page()
        page.goto(server.url)
        page.get_by_role("tab", name="Live").click()
        page.get_by_role("combobox", name="Model").wait_for()
        yield page
        browser.close()


def listen(page):
    page.get_by_role("button", name="Listen").click()
    expect(page.locator(".live")).to_have_attribute("data-state", "on", timeout=PATIENCE)


def inside(page, expression: str):
    """Look at what the view keeps."""
    return page.evaluate(f"document.querySelector('.live').live.{expression}")


def wait_for(page, condition: str):
    page.wait_for_function(
        f"(() => {{ const live = document.querySelector('.live').live; return {condition}; }})()",
        timeout=PATIENCE,
    )
