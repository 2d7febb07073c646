"""The explorer in a browser: a sound opened, choices changed, what is drawn read back."""

import numpy as np
from playwright.sync_api import expect

from tests.helpers.page import SAMPLING_RATE, Complaints

ANSWER = 60_000  # milliseconds on a busy machine
APP = "document.querySelector('.explorer').explorer"
AT_REST = {
    "grid": "off",
    "heat": "none",
    "layer": 0,
    "head": -1,
    "from": "answer",
    "scale": "own",
    "style": "tint",
    "colours": "magma",
    "range": "auto",
    "axis": "hertz",
    "zoom": "fit",
    "opacity": 1,
    "left": 0,
    "bottom": 0,
    "cursor": None,
    "patch": None,
    "playing": None,
    "before": None,
    "labels": [],
    "comparing": False,
    "compared": "first",
}


def chirp(seconds: float = 2.6) -> np.ndarray:
    """Return a rising tone in a little noise, float32 (samples,)."""
    time = np.arange(int(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(time))
    return (0.3 * np.sin(2 * np.pi * (300 + 500 * time) * time) + noise).astype(np.float32)


def open_sound(context, server, recording):
    """Open the page, upload a sound; return the page and what it complains about."""
    page = context.new_page()
    complaints = Complaints(server.url)
    complaints.watch(page)
    page.goto(server.url)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a sound").click()
    chooser.value.set_files(recording)
    expect(page.locator(".ex-title")).to_have_text(recording.name, timeout=ANSWER)
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready", timeout=ANSWER)
    return page, complaints


def change(page, **choices):
    """Set choices of the explorer and wait until they are drawn."""
    page.evaluate(
        f"async (choices) => {{ {APP}.set(choices);"
        "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); }",
        choices,
    )


def drawn_map(page):
    """Return the map that lies over the spectrogram, once it is there, with its largest value."""
    page.wait_for_function(f"() => {{ const heat = {APP}.heat(); return heat && !heat.missing; }}")
    found = page.evaluate(
        f"() => {{ const {{ bytes, max }} = {APP}.heat(); return [Array.from(bytes), max]; }}"
    )
    return np.array(found[0]) / 255 * found[1], found[1]


def place_of(page, mel_bin, frame):
    """Return the middle of a cell on the screen."""
    view = page.evaluate(f"(() => {{ const {{ layout, ...view }} = {APP}.view; return view; }})()")
    box = page.locator(".ex-stage").bounding_box()
    plot = view["plot"]
    across = plot["left"] + (frame - view["left"] + 0.5) * view["cellWidth"]
    down = plot["top"] + plot["height"] - (mel_bin - view["bottom"] + 0.5) * view["cellHeight"]
    return box["x"] + across, box["y"] + down


def field(page, name):
    """Return a field of the readout."""
    return page.locator(f"[data-field={name}]")


def facts(page) -> dict[str, str]:
    """Read the patch card."""
    names = page.locator(".ex-facts dt").all_text_contents()
    return dict(zip(names, page.locator(".ex-facts dd").all_text_contents()))
