"""The 87 M model on a CUDA device, against transformers; empty lines where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from ast_demo.benchmark.cpu import explain
from ast_demo.benchmark.reference import explain_reference, load_reference
from ast_demo.benchmark.report import Line, Settings, interleaved
from ast_demo.classifier import AudioClassifier
from ast_demo.explain.attention_maps import rollout, rollout_step, rollout_step_triton
from ast_demo.features.spectrogram import samples_for

BATCHES = (1, 2, 4, 8)  # the reference's own table
TARGETS = {("float16", 1): 1.5, ("float16", 8): 3.0}  # ms
MANY = 256  # clips at once for throughput
SQUARE = 8192  # rows of the matrix product that measures the card's peak
FLOP_A_CLIP = 265e9  # 12 layers of 21.7 GFLOP and the patch projection, 1214 tokens
LABELS = "GPU, 87 M, {}, batch {}: labels"
ROLLOUT = "GPU, 87 M, float16: labels + rollout"
ROLLOUT_ALONE = "GPU, 87 M, float16: rollout alone, not captured"
FEATURES = "GPU: features a clip, batch 32"
SOUND = "GPU, 87 M: waveform in memory to labels + rollout"
THROUGHPUT = f"GPU, 87 M, bfloat16: a clip at batch {MANY}, against its arithmetic at peak"


def measure(settings: Settings) -> Iterator[Line]:
    """Measure on the CUDA device, or say that there is none."""
    return measure_on("cuda", settings) if torch.cuda.is_available() else without_device()


def measure_on(device: str, settings: Settings) -> Iterator[Line]:
    """Reproduce the reference's table in two dtypes, then features, rollout and throughput."""
    for dtype in (torch.float32, torch.float16):
        yield from _table(settings, dtype, device)
    yield from _one_sound(settings, device)
    yield from _throughput(settings, device)


def without_device() -> Iterator[Line]:
    """List what would be measured on a CUDA device, with its targets."""
    times = {LABELS.format(*case): target for case, target in TARGETS.items()}
    times |= {FEATURES: 0.3, SOUND: 3.0}
    ratios = {f"{ROLLOUT}, against our labels": 1.3, THROUGHPUT: 2.0}
    for unit, targets in (("ms", times), ("", ratios)):
        for what, target in targets.items():
            yield Line(what, unit, None, target=target, note="no CUDA device")


def _table(settings: Settings, dtype: torch.dtype, device: str) -> Iterator[Line]:
    name = str(dtype).removeprefix("torch.")
    ours = AudioClassifier.load(settings.base, device=device, dtype=dtype)
    references = {
        kind: load_reference(settings.base, kind, dtype).to(device) for kind in ("eager", "sdpa")
    }
    for batch in BATCHES:
        inputs = _window(ours, batch).to(device)
        same = inputs.to(dtype)
        functions: dict[str, Callable] = {
            "ours": lambda inputs=inputs: ours.logits(inputs),
            "plain": lambda inputs=inputs: ours.model(inputs),
        }
        for kind, model in references.items():
            functions[kind] = lambda model=model, same=same: model(same)
        spent = _timed(functions, settings.rounds)
        what = LABELS.format(name, batch)
        target = TARGETS.get((name, batch))
        if target is not None:
            yield Line(what, "ms", spent["ours"], target=target)
        yield Line(f"{what}, captured where that pays, against not", "ms", *_both(spent, "plain"))
        for kind in references:
            yield Line(f"{what}, {kind}", "ms", *_both(spent, kind))


def _one_sound(settings: Settings, device: str) -> Iterator[Line]:
    ours = AudioClassifier.load(settings.base, device=device, dtype="float16")
    eager = load_reference(settings.base, "eager", torch.float16).to(device)
    samples = samples_for(ours.extractor.max_length)
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    clips = torch.from_numpy(waveform).to(device).expand(32, -1)
    inputs = _window(ours).to(device)
    traces = ours.logits_and_traces(inputs)[1]
    functions = {
        "labels": lambda: ours.logits(inputs),
        "ours": lambda: ours.logits_and_rollout(inputs),
        "plain": lambda: explain(ours, inputs),
        "eager": lambda: explain_reference(eager, inputs.half()),
        "kernel": lambda: rollout(traces, step=rollout_step_triton),
        "chunks": lambda: rollout(traces, step=rollout_step),
        "features": lambda: ours.extractor.finish(ours.extractor.log_mel(clips)),
        "sound": lambda: ours.explain(waveform),
    }
    if reason := _failure(functions["kernel"]):
        functions["kernel"] = functions["chunks"]
    spent = _timed(functions, settings.rounds)
    yield Line(f"{ROLLOUT}, against our labels", "ms", *_both(spent, "labels"), 1.3)
    yield Line(f"{ROLLOUT}, captured where that pays, against not", "ms", *_both(spent, "plain"))
    yield Line(ROLLOUT, "ms", *_both(spent, "eager"), note="eager, matrices")
    kernel = None if reason else spent["kernel"]
    what = f"{ROLLOUT_ALONE}, kernel against chunks"
    yield Line(what, "ms", kernel, spent["chunks"], note=reason)
    yield Line(FEATURES, "ms", spent["features"] / 32, target=0.3)
    yield Line(SOUND, "ms", spent["sound"], target=3)


def _throughput(settings: Settings, device: str) -> Iterator[Line]:
    """Compare the time of a large batch with that of its arithmetic at the card's own peak."""
    ours = AudioClassifier.load(settings.base, device=device, dtype="bfloat16")
    inputs = _window(ours, MANY).to(device, torch.bfloat16)
    square = torch.randn(SQUARE, SQUARE, device=device, dtype=torch.bfloat16)
    functions = {"ours": lambda: ours.model(inputs), "product": lambda: square @ square}
    spent = _timed(functions, settings.rounds)
    peak = 2 * SQUARE**3 / spent["product"]  # FLOP a millisecond
    yield Line(
        THROUGHPUT,
        "ms",
        spent["ours"] / MANY,
        FLOP_A_CLIP / peak,
        2.0,
        f"measured peak {peak / 1e9:.0f} TFLOP/s",
    )


def _window(classifier: AudioClassifier, batch: int = 1) -> torch.Tensor:
    """Draw noise of the model's window, (batch, max_length, num_mel_bins)."""
    extractor = classifier.extractor
    return torch.randn(batch, extractor.max_length, extractor.num_mel_bins)


def _failure(function: Callable) -> str:
    """Return why a function cannot run here, "" if it can."""
    try:
        with torch.inference_mode():
            function()
    except Exception as error:  # no Triton, no C compiler, a card that it does not know
        return f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
    return ""


def _both(spent: dict[str, float], other: str) -> tuple[float, float]:
    return spent["ours"], spent[other]


def _timed(functions: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Time functions, each call until the GPU synchronizes."""

    def finished(function: Callable) -> Callable:
        def call():
            function()
            if torch.cuda.is_available():
                torch.cuda.synchronize()

        return call

    with torch.inference_mode():
        for function in functions.values():
            function()
            function()  # a shape that comes for the second time is captured
        return interleaved({name: finished(f) for name, f in functions.items()}, 3 * rounds)
