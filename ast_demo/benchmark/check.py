"""How long a check takes, what it holds in memory, and whether Live keeps its pace beside one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from ast_demo.benchmark.live import PATIENCE_SECONDS, pace_lines
from ast_demo.benchmark.memory import usual_peak
from ast_demo.benchmark.report import Line, Settings
from ast_demo.benchmark.single_check import MODEL, checked

FLAT = 1.1  # of the peak with 30 bends, for that with 130


def measure(settings: Settings) -> Iterator[Line]:
    """Time checks of one 5 s sound, compare their memory, and run one beside the live view."""
    from ast_demo.classifier import AudioClassifier

    rounds = max(1, settings.rounds // 3)
    bundled = AudioClassifier.load(MODEL, device="cpu")
    bundled.warm_up()
    yield _line(bundled, f"{MODEL}: quick check of a 5 s sound", True, rounds, 5)
    yield _line(bundled, f"{MODEL}: full check of a 5 s sound", False, rounds, 20)
    large = AudioClassifier.load(str(settings.base), device="cpu")
    yield _line(large, "87 M: quick check of a 5 s sound", True, 1, 60)
    few, many = (usual_peak("check", size) for size in ("quick", "full"))
    yield Line(f"{MODEL}: peak memory, full check against quick", "MB", many, few, FLAT)
    yield from pace_lines("live beside a full check", _start_check)


def _line(classifier, name: str, quick: bool, rounds: int, target: float) -> Line:
    spent = [check_seconds(classifier, quick=quick) for _ in range(rounds)]
    wall, processor = (statistics.median(kind) for kind in zip(*spent))
    dtype = str(classifier.dtype).removeprefix("torch.")
    note = f"{dtype}, {processor:.1f} s of processor time"
    return Line(name, "s", wall, target=target, note=note)


def check_seconds(classifier, *, quick: bool) -> tuple[float, float]:
    """Return the seconds that a check of one sound takes, by the wall and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    checked(quick, classifier)
    return time.perf_counter() - wall, time.process_time() - processor


def _start_check(browser, address: str) -> None:
    """Start a full check of all the examples in a page of its own; it outlasts the measurement."""
    page = browser.new_page()
    page.goto(address)
    page.get_by_role("tab", name="Check").click()
    page.locator('.ck-size input[value="full"]').check(timeout=1000 * PATIENCE_SECONDS)
    page.locator(".ck-run button").click()
    page.wait_for_function(
        "document.querySelector('.ck-progress').value > 0", timeout=1000 * PATIENCE_SECONDS
    )
