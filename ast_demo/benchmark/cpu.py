"""Labels and rollout of the 87 M model on the CPU, against transformers."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ast_demo.benchmark.reference import explain_reference, load_reference
from ast_demo.benchmark.report import Line, Settings, interleaved
from ast_demo.classifier import AudioClassifier, choose_dtype
from ast_demo.explain.attention_maps import rollout
from ast_demo.model.quantization import multiplies_exactly

LABELS = "87 M, {}: labels"
ROLLOUT = "87 M, {}: labels + rollout"


def measure(settings: Settings) -> Iterator[Line]:
    """Compare labels, and labels with exact rollout, in float32, the automatic dtype and int8."""
    inputs = torch.randn(1, 1024, 128, generator=torch.Generator().manual_seed(0))
    ours = AudioClassifier.load(settings.base, device="cpu", dtype="float32")
    sdpa = load_reference(settings.base, "sdpa")
    eager = load_reference(settings.base, "eager")
    functions = {
        "labels": lambda: ours.model(inputs),
        "sdpa": lambda: sdpa(inputs),
        "rollout": lambda: explain(ours, inputs),
        "eager": lambda: explain_reference(eager, inputs),
    }
    automatic = choose_dtype("auto", torch.device("cpu"))
    if automatic != torch.float32:
        half = AudioClassifier.load(settings.base, device="cpu", dtype=automatic)
        half_sdpa = load_reference(settings.base, "sdpa", automatic)
        half_inputs = inputs.to(automatic)
        functions["auto rollout"] = lambda: explain(half, inputs)
        functions["auto labels"] = lambda: half.model(inputs)
        functions["auto sdpa"] = lambda: half_sdpa(half_inputs)
    if multiplies_exactly():
        rounded = AudioClassifier.load(settings.base, device="cpu", dtype="int8")
        functions["int8 labels"] = lambda: rounded.model(inputs)
        functions["int8 rollout"] = lambda: explain(rounded, inputs)
    with torch.inference_mode():
        _check_agreement(ours, sdpa, eager, inputs)
        spent = interleaved(functions, settings.rounds, settings.watch)
    yield Line(LABELS.format("float32"), "ms", spent["labels"], spent["sdpa"], 0.93, "sdpa")
    yield Line(
        f"{ROLLOUT.format('float32')}, against labels alone",
        "ms",
        spent["rollout"],
        spent["sdpa"],
        1.15,
        "sdpa gives no rollout",
    )
    yield Line(
        ROLLOUT.format("float32"), "ms", spent["rollout"], spent["eager"], 0.5, "eager, matrices"
    )
    name = str(automatic).removeprefix("torch.")
    if automatic != torch.float32:
        labels = LABELS.format(name)
        yield Line(labels, "ms", spent["auto labels"], spent["auto sdpa"], 0.93, "sdpa, same dtype")
    yield Line(
        f"{ROLLOUT.format(f'auto = {name}')}, against float32 labels",
        "ms",
        spent.get("auto rollout", spent["rollout"]),
        spent["sdpa"],
        0.75,
        "" if automatic != torch.float32 else "bfloat16 is no faster on this processor",
    )
    for what, turn in ((LABELS, "int8 labels"), (ROLLOUT, "int8 rollout")):
        yield Line(
            f"{what.format('int8')}, against float32 labels",
            "ms",
            spent.get(turn),
            spent["sdpa"],
            note="sdpa, float32" if turn in spent else "no exact int8 products (VNNI) here",
        )


def explain(classifier: AudioClassifier, inputs: torch.Tensor) -> tuple:
    """Return logits and rollout of prepared inputs."""
    logits, traces = classifier.logits_and_traces(inputs)
    return logits, rollout(traces)


def _check_agreement(ours, sdpa, eager, inputs: torch.Tensor) -> None:
    """Make sure that both sides answer the same before their speed is compared."""
    logits, tokens = explain(ours, inputs)
    expected_logits, expected_tokens = explain_reference(eager, inputs)
    torch.testing.assert_close(logits, expected_logits, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(sdpa(inputs).logits, expected_logits, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(tokens[0], expected_tokens, rtol=1e-3, atol=1e-6)
