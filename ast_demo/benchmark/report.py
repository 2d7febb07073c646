"""What a measurement says: lines of a table, and the settings that all measurements share."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

HEADINGS = ("", "ours", "transformers, or as named", "ratio", "target", "")


@dataclass(frozen=True)
class Line:
    """One measured quantity: time, memory or anything of which less is better.

    The target bounds `ours / reference` if there is a reference, else `ours`.
    """

    what: str
    unit: str  # "ms", "MB", "s"; "" where only a ratio is bounded and there is no figure
    ours: float | None  # None where this machine cannot run it, and the note says why
    reference: float | None = None  # transformers' figure, or what `what` says
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Return ours / reference, if there is a reference."""
        if self.ours is None or self.reference is None:
            return None
        return self.ours / self.reference

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met; None without a target or a figure."""
        if self.ours is None or self.target is None:
            return None
        return (self.ours if self.ratio is None else self.ratio) <= self.target

    def cells(self) -> tuple[str, ...]:
        """Return the line as text: what, ours, transformers, ratio, target, verdict."""
        bound = "" if self.target is None else f"<= {self.target:g}"
        if bound and self.ratio is None:
            bound = f"{bound} {self.unit}".rstrip()
        verdict = {True: "met", False: "missed", None: ""}[self.met]
        return (
            self.what,
            "" if self.ours is None else f"{_rounded(self.ours)} {self.unit}",
            "" if self.reference is None else f"{_rounded(self.reference)} {self.unit}",
            "" if self.ratio is None else f"{self.ratio:.2f}",
            bound,
            "; ".join(filter(None, (verdict, self.note))),
        )

    def to_dict(self) -> dict:
        """Return everything as numbers and text that JSON can hold."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


@dataclass(frozen=True)
class Watch:
    """How time is measured: by which clock, and which of several runs is reported."""

    name: str
    clock: Callable[[], float]  # seconds
    choose: Callable[[list[float]], float]


WALL = Watch("wall time, median", time.perf_counter, statistics.median)
PROCESSOR = Watch("processor time of one thread, smallest", time.process_time, min)


@dataclass(frozen=True)
class Settings:
    """What all measurements share."""

    rounds: int  # repetitions, of which the median counts
    batches: tuple[int, ...]  # batch sizes for growth
    base: Path  # folder of the 87 M checkpoint with random weights
    watch: Watch = WALL

    @classmethod
    @contextmanager
    def prepare(cls, quick: bool, watch: Watch) -> Iterator[Settings]:
        """Make a folder with the 87 M configuration and random weights, for both sides to load."""
        with tempfile.TemporaryDirectory(prefix="ast-bench-") as folder:
            make_checkpoint(Path(folder))
            batches = (1, 2, 4, 8) if quick else (1, 2, 4, 8, 16, 32, 64)
            yield cls(3 if quick else 7, batches, Path(folder), watch)


def make_checkpoint(folder: Path, seed: int = 0) -> None:
    """Save a classifier of AudioSet's shape with random weights; attention is not flat."""
    import torch

    from ast_demo.checkpoint.config import ASTConfig
    from ast_demo.features.extractor import ASTFeatureExtractor
    from ast_demo.model.transformer import ASTForAudioClassification

    torch.manual_seed(seed)
    model = ASTForAudioClassification(ASTConfig(num_labels=527))
    for weights in model.parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, std=0.05)
    model.save_pretrained(folder)
    ASTFeatureExtractor().save_pretrained(folder)


def interleaved(
    functions: Mapping[str, Callable],
    rounds: int,
    watch: Watch = WALL,
    warm_up: bool = True,
) -> dict[str, float]:
    """Return each function's milliseconds; calls are interleaved, so that noise hits all alike.

    Each function must have finished its work when it returns. Without `warm_up` the caller has
    made sure that no first call is timed.
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values() if warm_up else ():
        function()  # the first call initializes kernels and caches
    for _ in range(rounds):
        for name, function in functions.items():
            start = watch.clock()
            function()
            times[name].append(1000 * (watch.clock() - start))
    return {name: watch.choose(spent) for name, spent in times.items()}


def describe_machine() -> dict[str, str]:
    """Say what the figures were measured on, and how busy it was before."""
    import torch
    import transformers

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": str(torch.get_num_threads()),
        "gpu": gpu,
        "load before": load,  # load average of the last minute
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def format_table(lines: list[Line]) -> str:
    """Return lines as a Markdown table, which reads well in a terminal too."""
    rows = [HEADINGS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
        for row in rows
    ]
    return "\n".join([padded[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *padded[1:]])


def _rounded(value: float) -> str:
    """Write three significant digits, all digits of larger numbers."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _processor() -> str:
    """Return the processor's name, which platform.processor() leaves out on Linux."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
