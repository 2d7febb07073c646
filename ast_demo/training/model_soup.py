"""The mean of the weights of several runs, where one model does what an ensemble would.

Runs that branch from the same trained weights end in one basin: between their weights lie others as
good, and the mean is often better than each of them, since their mistakes differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification


def model_soup(
    models: Sequence[str | Path],
) -> tuple[ASTForAudioClassification, ASTFeatureExtractor]:
    """Return a model whose every weight is the mean of those of several checkpoints.

    Its scores are not calibrated, whether or not theirs were.

    Args:
        models: bundled names, folders or Hub ids, of one shape, with the same labels in the same
            order and the same normalization.

    Raises:
        ValueError: if there are fewer than two, or they differ in more than their weights.

    Source: Wortsman et al. 2022, "Model soups", uniform soup.
    """
    if len(models) < 2:
        raise ValueError(f"{len(models)} model is given, expected at least two to take a mean of.")
    first, extractor = _load(models[0])
    total = {name: weight.double() for name, weight in first.state_dict().items()}
    for name in models[1:]:
        model, own_extractor = _load(name)
        _require_alike(models[0], first, extractor, name, model, own_extractor)
        for key, weight in model.state_dict().items():
            total[key] += weight
    mean = {key: (weight / len(models)).float() for key, weight in total.items()}
    first.load_state_dict(mean)
    first.config.abstention_threshold = 0.0
    return first, extractor


def _load(name: str | Path) -> tuple[ASTForAudioClassification, ASTFeatureExtractor]:
    return (
        ASTForAudioClassification.from_pretrained(name, dtype=torch.float32),
        ASTFeatureExtractor.from_pretrained(name),
    )


def _require_alike(name, model, extractor, other_name, other, other_extractor) -> None:
    ours, theirs = ({**m.config.to_dict(), "abstention_threshold": 0} for m in (model, other))
    ours.update(extractor.to_dict())
    theirs.update(other_extractor.to_dict())
    apart = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    if apart:
        raise ValueError(
            f"{name} and {other_name} differ in {', '.join(apart)}: only runs of one model, with "
            "the same labels and normalization, have a mean."
        )
