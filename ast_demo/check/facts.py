"""What a report says of a model, a sound and an outcome."""

from __future__ import annotations

import dataclasses

from ast_demo.check.run import Outcome
from ast_demo.classifier import AudioClassifier
from ast_demo.explain.provenance import checkpoint_facts


def model_facts(classifier: AudioClassifier) -> dict:
    """Name a model so that nobody can mistake it for another."""
    extractor = classifier.extractor
    return {
        **checkpoint_facts(classifier.checkpoint),
        "dtype": str(classifier.dtype).removeprefix("torch."),
        "device": classifier.device.type,
        "labels": len(classifier.labels),
        "rule": classifier.rule,
        "window_seconds": classifier.window_seconds,
        "mean": extractor.mean,
        "std": extractor.std,
        "do_normalize": extractor.do_normalize,
    }


def sound_facts(outcome: Outcome) -> dict:
    """Say what a model called a sound as it was."""
    return {
        "sound": outcome.sound,
        "best": outcome.best[0],
        "score": outcome.best[1],
        "rival": outcome.rival,
        "rival_score": outcome.rival_score,
        "true_score": outcome.true_score,
    }


def outcome_facts(outcome: Outcome) -> dict:
    """Say what became of a sound under one perturbation."""
    facts = dataclasses.asdict(outcome)
    return {**facts, "kept": outcome.kept, "note": outcome.note or None}
