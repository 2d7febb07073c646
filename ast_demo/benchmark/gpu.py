"""The 87 M model on a CUDA device, against transformers; empty lines where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from ast_demo.benchmark.cpu import explain
from ast_demo.benchmark.lines import Line, Settings, interleaved
from ast_demo.benchmark.reference import explain_reference, load_reference
from ast_demo.classifier import AudioClassifier

BATCHES = (1, 2, 4, 8)  # the reference's own table
TARGETS = {("float16", 1): 1.5, ("float16", 8): 3.0}  # ms
MANY = 256  # clips at once for throughput
FLOP_A_CLIP = 265e9  # 12 layers of 21.7 GFLOP and the patch projection, 1214 tokens
LABELS = "GPU, 87 M, {}, batch {}: labels"
ROLLOUT = "GPU, 87 M, float16: labels + rollout"
FEATURES = "GPU: features a clip, batch 32"
SOUND = "GPU, 87 M: waveform in memory to labels + rollout"
THROUGHPUT = f"GPU, 87 M, bfloat16: a clip at batch {MANY}, against its arithmetic at peak"


def measure(settings: Settings) -> Iterator[Line]:
    """Reproduce the reference's table in two dtypes, then features, rollout and throughput."""
    if not torch.cuda.is_available():
        yield from without_device()
        return
    for dtype in (torch.float32, torch.float16):
        yield from _table(settings, dtype)
    yield from _one_sound(settings)
    yield from _throughput(settings)


def without_device() -> Iterator[Line]:
    """List what would be measured on a CUDA device, with its targets."""
    times = {LABELS.format(*case): target for case, target in TARGETS.items()}
    times |= {FEATURES: 0.3, SOUND: 3.0}
    ratios = {f"{ROLLOUT}, against our labels": 1.3, THROUGHPUT: 2.0}
    for unit, targets in (("ms", times), ("", ratios)):
        for what, target in targets.items():
            yield Line(what, unit, None, target=target, note="no CUDA device")


def graphed(function: Callable, inputs: torch.Tensor, warm_up: int = 3) -> Callable:
    """Return a function that replays the kernels of `function(inputs)` without launching each.

    The inputs' memory is read at each replay: write new ones into it.
    """
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # what kernels set up at first must not be recorded
        for _ in range(warm_up):
            function(inputs)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = function(inputs)

    def replay():
        graph.replay()
        return output

    return replay


def _table(settings: Settings, dtype: torch.dtype) -> Iterator[Line]:
    name = str(dtype).removeprefix("torch.")
    ours = AudioClassifier.load(settings.base, device="cuda", dtype=dtype)
    references = {
        kind: load_reference(settings.base, kind, dtype).to("cuda") for kind in ("eager", "sdpa")
    }
    for batch in BATCHES:
        inputs = torch.randn(batch, 1024, 128, device="cuda")
        same = inputs.to(dtype)
        functions = {"ours": lambda inputs=inputs: ours.model(inputs)}
        for kind, model in references.items():
            functions[kind] = lambda model=model, same=same: model(same)
        with torch.inference_mode():
            functions["graph"] = graphed(lambda given: ours.model(given).logits, inputs)
        spent = _timed(functions, settings.rounds)
        what = LABELS.format(name, batch)
        target = TARGETS.get((name, batch))
        if target is not None:
            yield Line(what, "ms", spent["ours"], target=target)
        yield Line(f"{what}, as a CUDA graph, against without", "ms", spent["graph"], spent["ours"])
        for kind in references:
            yield Line(f"{what}, {kind}", "ms", spent["ours"], spent[kind])


def _one_sound(settings: Settings) -> Iterator[Line]:
    ours = AudioClassifier.load(settings.base, device="cuda", dtype="float16")
    eager = load_reference(settings.base, "eager", torch.float16).to("cuda")
    waveform = np.random.default_rng(0).normal(0, 0.1, 164_080).astype(np.float32)
    clips = torch.from_numpy(waveform).to("cuda").expand(32, -1)
    inputs = torch.randn(1, 1024, 128, device="cuda")
    functions = {
        "labels": lambda: ours.model(inputs),
        "rollout": lambda: explain(ours, inputs),
        "eager": lambda: explain_reference(eager, inputs.half()),
        "features": lambda: ours.extractor.finish(ours.extractor.log_mel(clips)),
        "sound": lambda: ours.explain(waveform),
    }
    spent = _timed(functions, settings.rounds)
    yield Line(f"{ROLLOUT}, against our labels", "ms", spent["rollout"], spent["labels"], 1.3)
    yield Line(ROLLOUT, "ms", spent["rollout"], spent["eager"], note="eager, matrices")
    yield Line(FEATURES, "ms", spent["features"] / 32, target=0.3)
    yield Line(SOUND, "ms", spent["sound"], target=3)


def _throughput(settings: Settings) -> Iterator[Line]:
    """Compare the time of a large batch with that of its arithmetic at the card's own peak."""
    ours = AudioClassifier.load(settings.base, device="cuda", dtype="bfloat16")
    inputs = torch.randn(MANY, 1024, 128, device="cuda", dtype=torch.bfloat16)
    square = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    functions = {"ours": lambda: ours.model(inputs), "product": lambda: square @ square}
    spent = _timed(functions, settings.rounds)
    peak = 2 * 8192**3 / spent["product"]  # FLOP a millisecond
    yield Line(
        THROUGHPUT,
        "ms",
        spent["ours"] / MANY,
        FLOP_A_CLIP / peak,
        2.0,
        f"measured peak {peak / 1e9:.0f} TFLOP/s",
    )


def _timed(functions: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Time functions until the GPU has finished their work."""

    def finished(function: Callable) -> Callable:
        def call():
            function()
            torch.cuda.synchronize()

        return call

    with torch.inference_mode():
        return interleaved({name: finished(f) for name, f in functions.items()}, 3 * rounds)
