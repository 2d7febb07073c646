"""Measure how fast the explorer redraws, by the page's own performance marks.

    python -m tests.measurements.explorer [--frames 1024] [--layers 12] [--heads 12]
    python -m tests.measurements.explorer --model everyday-sounds

Opens the page with a small random model of the given count of maps, or with a real one, changes one
thing after the other as a person would, and prints the median and the worst milliseconds of a
redraw. Hovering redraws the marks alone, everything else the whole picture. Then it clicks patches,
and prints how long their maps took to come and how large the payload of the sound was.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import soundfile
from playwright.sync_api import sync_playwright

from tests.helpers.models import hearing_classifier, save_checkpoint
from tests.helpers.page import SAMPLING_RATE, serving, tone

REPEATS = 60  # changes of each kind
CLICKS = 20  # patches whose maps are asked for
STEPS = {  # what is moved, and the choices of the i-th change
    "hover": "{ cursor: { frame: (i * 7) % 400, bin: (i * 3) % 126, patch: null } }",
    "layer": "{ heat: 'layer', head: -1, layer: i % layers }",
    "head": "{ head: i % heads }",
    "opacity": "{ opacity: (i % 20) / 20 }",
    "colour map": "{ heat: 'none', colours: ['magma', 'viridis', 'cividis'][i % 3] }",
    "patch grid": "{ heat: 'rollout', grid: i % 2 ? 'outline' : 'off' }",
    "pulled apart": "{ grid: 'exploded', left: i * 4 }",
    "contour lines": "{ grid: 'off', heat: 'layer', style: 'contour', head: i % heads }",
}
MOVE = """async (change) => {
  const app = document.querySelector('.explorer').explorer;
  const { layers, heads } = app.sound.attention;
  const step = Function('i', 'layers', 'heads', `return ${change}`);
  const spent = [];
  const watcher = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) spent.push(entry.duration);
  });
  watcher.observe({ entryTypes: ['measure'] });
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (let i = 0; i < REPEATS; i++) {
    app.set(step(i, layers, heads));
    await frame();
  }
  await frame();
  watcher.disconnect();
  return spent;
}""".replace("REPEATS", str(REPEATS))
CLICK = """async (clicks) => {
  const app = document.querySelector('.explorer').explorer;
  const { freqPatches, timePatches } = app.sound.grid;
  app.set({ grid: 'off', heat: 'layer', from: 'patch', patch: null });
  const spent = [];
  for (let i = 0; i < clicks; i++) {
    const start = performance.now();
    app.set({ patch: { f: i % freqPatches, t: (7 * i) % timePatches } });
    while (app.heat().missing) await new Promise((done) => setTimeout(done, 1));
    spent.push(performance.now() - start);
  }
  return spent;
}"""


def main() -> None:
    """Open the page, move everything, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1024)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--model", help="a checkpoint to measure instead of a random model")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = arguments.model or save_model(folder / "model", arguments)
        sound = folder / "tone.wav"
        soundfile.write(sound, tone(700, 4.0), SAMPLING_RATE)
        with serving(folder, "--model", str(model), "--device", "cpu") as server:
            spent, size = measure(server.url, sound)
            for change, times in spent.items():
                middle, worst = statistics.median(times), max(times)
                print(f"{change:14} median {middle:5.1f} ms, worst {worst:6.1f} ms")
            print(f"payload        {size / 1000:.0f} kB")


def save_model(folder: Path, arguments: argparse.Namespace) -> Path:
    """Save a model that is tiny but has as many maps as asked for."""
    classifier = hearing_classifier(
        [f"label {index}" for index in range(527)],
        hidden_size=8 * arguments.heads,
        num_hidden_layers=arguments.layers,
        num_attention_heads=arguments.heads,
        max_length=arguments.frames,
    )
    return save_checkpoint(classifier, folder)


def measure(url: str, sound: Path) -> tuple[dict[str, list[float]], int]:
    """Return the milliseconds of every redraw, for each kind of change, and the payload's bytes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Upload a sound").click()
        chooser.value.set_files(sound)
        page.locator('.explorer[data-filled="true"]').wait_for(timeout=120_000)
        page.evaluate(MOVE, STEPS["hover"])  # the first movements compile the code
        spent = {change: page.evaluate(MOVE, step) for change, step in STEPS.items()}
        first, *others = page.evaluate(CLICK, CLICKS)
        spent |= {"first patch": [first], "clicked patch": others}
        size = page.evaluate(
            "new Blob([JSON.stringify(document.querySelector('.explorer').explorer"
            ".sound.payload)]).size"
        )
        browser.close()
    return spent, size


if __name__ == "__main__":
    main()
