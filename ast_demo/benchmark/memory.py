"""Peak memory, each figure in a process of its own: `python -m ast_demo.benchmark.memory KIND`."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ast_demo.benchmark.report import Line, Settings

PROCESSES = 3  # whose median peak counts


def measure(settings: Settings) -> Iterator[Line]:
    """Compare the peak memory of whole processes that load the 87 M model and answer once."""
    folder = str(settings.base)
    idle = peak_megabytes("idle")
    note = f"importing torch alone: {idle:.0f} MB"
    reference = usual_peak("explain-reference", folder)
    whole, automatic = (usual_peak("explain", folder, dtype) for dtype in ("float32", "auto"))
    labelled = usual_peak("classify", folder), usual_peak("classify-reference", folder)
    what = "87 M, peak memory: labels + rollout"
    yield Line(f"{what}, float32", "MB", whole, reference, 0.4, note)
    yield Line(f"{what}, auto, against float32", "MB", automatic, reference, 0.4, note)
    yield Line("87 M, peak memory: labels", "MB", *labelled)


def usual_peak(*arguments: str) -> float:
    """Return the median peak of some processes: threads' scheduling varies it by megabytes."""
    return statistics.median(peak_megabytes(*arguments) for _ in range(PROCESSES))


def peak_megabytes(*arguments: str) -> float:
    """Run one kind of work in a fresh process and return the most memory it held, in MB.

    Raises:
        RuntimeError: if the process fails.
    """
    command = [sys.executable, "-m", "ast_demo.benchmark.memory", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"measuring {arguments[0]} failed:\n{result.stderr[-2000:]}")
    return float(result.stdout.split()[-1])


def run(kind: str, *arguments: str) -> None:
    """Do one kind of work in this process.

    Raises:
        ValueError: if there is no such kind.
    """
    kinds: dict[str, Callable[..., None]] = {
        "idle": _idle,
        "classify": _classify,
        "explain": _explain,
        "classify-reference": _classify_reference,
        "explain-reference": _explain_reference,
        "check": _check,
    }
    if kind not in kinds:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(kinds)}.")
    kinds[kind](*arguments)


def peak_of_this_process() -> float:
    """Return the most memory this process held so far, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux: getrusage would begin with the peak of the parent process
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / (1 << 10)  # kB
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # bytes on macOS


def _idle() -> None:
    import torch

    torch.ones(1).exp()


def _classify(folder: str, batch: str = "1") -> None:
    from ast_demo.classifier import AudioClassifier

    classifier = AudioClassifier.load(folder, device="cpu", dtype="float32")
    sounds = _noise(int(batch), classifier.window_seconds)
    classifier.classify_batch(sounds)


def _explain(folder: str, dtype: str = "float32") -> None:
    from ast_demo.classifier import AudioClassifier

    classifier = AudioClassifier.load(folder, device="cpu", dtype=dtype)
    classifier.explain(_noise(1, classifier.window_seconds)[0])


def _check(size: str) -> None:
    from ast_demo.benchmark.single_check import checked

    checked(size == "quick")


def _classify_reference(folder: str) -> None:
    import torch

    from ast_demo.benchmark.reference import load_reference

    model = load_reference(Path(folder), "sdpa")
    with torch.inference_mode():
        model(_reference_inputs(folder))


def _explain_reference(folder: str) -> None:
    import torch

    from ast_demo.benchmark.reference import explain_reference, load_reference

    model = load_reference(Path(folder), "eager")
    with torch.inference_mode():
        explain_reference(model, _reference_inputs(folder))


def _reference_inputs(folder: str):
    import transformers

    extractor = transformers.ASTFeatureExtractor.from_pretrained(folder)
    return extractor(_noise(1, 10.24)[0], sampling_rate=16000, return_tensors="pt").input_values


def _noise(count: int, seconds: float) -> list:
    import numpy as np

    generator = np.random.default_rng(0)
    return [generator.normal(0, 0.1, int(16000 * seconds)).astype(np.float32) for _ in range(count)]


if __name__ == "__main__":
    run(*sys.argv[1:])
    print(peak_of_this_process())
