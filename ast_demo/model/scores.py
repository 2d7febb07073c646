"""What a model's outputs are called, and how they become scores."""

from __future__ import annotations

from collections.abc import Iterable

from ast_demo.checkpoint.config import ASTConfig

AUDIOSET_LABELS = 527  # its checkpoints state no problem_type, but were trained with sigmoid


def score_rule(config: ASTConfig) -> str:
    """Return how logits become scores: "sigmoid", "softmax" or "linear"."""
    if config.problem_type == "regression" or config.num_labels == 1:
        return "linear"
    if config.problem_type == "multi_label_classification":
        return "sigmoid"
    if config.problem_type is None and config.num_labels == AUDIOSET_LABELS:
        return "sigmoid"
    return "softmax"


def distinct(labels: Iterable[str]) -> list[str]:
    """Number repeated labels, which checkpoints may have but a dict of scores cannot hold."""
    repeats: dict[str, int] = {}  # every name given -> the number that its next repeat tries
    for label in labels:
        unique = label
        while unique in repeats:
            unique = f"{label} ({repeats[label]})"
            repeats[label] += 1
        repeats[unique] = 2
    return list(repeats)
