"""The bundled model as a visitor meets it: from a file to the page, and how long a start takes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from ast_demo.benchmark.report import Line, Settings
from ast_demo.checkpoint.locate import BUNDLED_FOLDER

EXAMPLES = BUNDLED_FOLDER / "examples"
MODEL = "everyday-sounds"


def measure(settings: Settings) -> Iterator[Line]:
    """Time a sound file to payload, the first request, imports and the first page."""
    requests = _in_fresh_process(str(2 * settings.rounds + 1))
    median = statistics.median(requests[1:])
    yield Line(f"{MODEL}: file to payload, median", "ms", median, target=250)
    yield Line(
        f"{MODEL}: first request after start, against the median", "ms", requests[0], median, 2
    )
    rounds = max(3, settings.rounds // 2)
    for module in ("ast_demo", "torch", "ast_demo.classifier"):
        yield Line(f"import {module}", "ms", import_milliseconds(module, rounds))
    from ast_demo.benchmark.startup import first_page_seconds

    waits = [first_page_seconds() for _ in range(rounds)]
    yield Line("python app.py to the first page", "s", statistics.median(waits), target=8)


def import_milliseconds(module: str, rounds: int) -> float:
    """Return the median time of an import in fresh processes, Python's own start not counted."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    spent = [
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(rounds)
    ]
    return 1000 * statistics.median(spent)


def request_milliseconds(count: int, model: str = MODEL) -> list[float]:
    """Load a model as app.py does, then time requests: read, explain, pack the payload."""
    from ast_demo.audio.load import load_audio
    from ast_demo.classifier import AudioClassifier
    from ast_demo.ui.explore.payload import build_payload

    classifier = AudioClassifier.load(model, device="cpu")
    classifier.warm_up()
    files = sorted(EXAMPLES.glob("*.flac"))
    spent = []
    for number in range(count):
        file = files[number % len(files)]
        start = time.perf_counter()
        payload = build_payload(classifier.explain(load_audio(file)), file.name)
        json.dumps(payload)
        spent.append(1000 * (time.perf_counter() - start))
    return spent


def _in_fresh_process(count: str) -> list[float]:
    command = [sys.executable, "-m", "ast_demo.benchmark.page", count]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


if __name__ == "__main__":
    print(json.dumps(request_milliseconds(int(sys.argv[1]))))
