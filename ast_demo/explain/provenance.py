"""Where a result comes from: weights, front end, device, milliseconds, versions."""

from __future__ import annotations

from importlib import metadata

import ast_demo
from ast_demo.checkpoint.checkpoint import Checkpoint
from ast_demo.explain.explanation import Explanation
from ast_demo.features.spectrogram import HOP_SECONDS, LOWEST_HZ, WINDOW_SECONDS
from ast_demo.model.predictor import Predictor


def provenance(explanation: Explanation) -> dict:
    """Return what is needed to make an explanation again and to check that it is the same."""
    classifier = explanation.classifier
    return {
        **checkpoint_facts(classifier.checkpoint),
        **front_end_facts(classifier),
        "rule": explanation.rule,
        "device": str(classifier.device),
        "dtype": str(classifier.dtype).removeprefix("torch."),
        "package": f"ast_demo {ast_demo.__version__}",
        "torch": metadata.version("torch"),
        "milliseconds": {stage: round(spent, 3) for stage, spent in explanation.timings.items()},
    }


def provenance_line(explanation: Explanation) -> str:
    """Say the provenance in one line, as small print below a picture."""
    facts = provenance(explanation)
    digest = facts["weights_sha256"]
    parts = [
        facts["checkpoint"] or "weights in memory",
        f"revision {facts['revision']}" if facts["revision"] else None,
        f"weights SHA-256 {digest[:16]}" if digest else None,
        f"{facts['rule']}, {facts['dtype']} on {facts['device']}",
        f"log-mel {facts['num_mel_bins']} x {facts['max_length']}, mean {facts['mean']:g}, "
        f"std {facts['std']:g}",
        " ".join(f"{stage} {spent:.0f} ms" for stage, spent in facts["milliseconds"].items()),
        facts["package"],
    ]
    return "; ".join(part for part in parts if part)


def checkpoint_facts(checkpoint: Checkpoint | None) -> dict:
    """Name a checkpoint so that nobody can mistake it for another."""
    if checkpoint is None:
        return {"checkpoint": None, "source": "memory", "revision": None, "weights_sha256": None}
    return {
        "checkpoint": checkpoint.name,
        "source": checkpoint.source,
        "revision": checkpoint.revision,
        "weights_sha256": checkpoint.sha256(),
    }


def front_end_facts(classifier: Predictor) -> dict:
    """Return the constants between waveform and input_values."""
    extractor = classifier.extractor
    return {
        "sampling_rate": extractor.sampling_rate,
        "window_seconds": WINDOW_SECONDS,
        "hop_seconds": HOP_SECONDS,
        "lowest_hz": LOWEST_HZ,
        "num_mel_bins": extractor.num_mel_bins,
        "max_length": extractor.max_length,
        "padding_value": extractor.padding_value,
        "do_normalize": extractor.do_normalize,
        "mean": extractor.mean,
        "std": extractor.std,
    }
