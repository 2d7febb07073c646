"""Fit a pretrained checkpoint to new labels and to another window."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch.nn import functional as F

from ast_demo.checkpoint.checkpoint import find_checkpoint
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.model.transformer import ASTForAudioClassification


class Pretrained(NamedTuple):
    """A checkpoint made ready for other labels."""

    model: ASTForAudioClassification
    extractor: ASTFeatureExtractor
    notes: tuple[str, ...]  # on what was changed
    fresh_head: bool  # the classifier's last layer is new, in part at least


def load_to_fine_tune(
    name: str | Path,
    labels: Sequence[str],
    problem_type: str,
    max_length: int | None = None,
    keep_labels: bool = False,
) -> Pretrained:
    """Load a checkpoint with a head for other labels, and positions for another window.

    Args:
        name: bundled name, folder or Hub id.
        labels: the outputs wanted, in order.
        problem_type: what config.json will say of the labels.
        max_length: frames of the window; None keeps the checkpoint's.
        keep_labels: refuse a head for other labels than the checkpoint's.

    Returns:
        the model in float32, its feature extractor, and what was changed.

    Raises:
        CheckpointError: if there is no such checkpoint.
        ValueError: if keep_labels is set and the labels are others.
    """
    checkpoint = find_checkpoint(name)
    old = ASTConfig.from_dict(checkpoint.config)
    old_labels = list(old.id2label.values())
    extractor = ASTFeatureExtractor.from_dict(checkpoint.preprocessor)
    same_head = old_labels == list(labels)
    if keep_labels and not same_head:
        raise ValueError(
            f"{name} has {len(old_labels)} labels ({', '.join(old_labels[:3])}...), the data has "
            f"{len(labels)} ({', '.join(list(labels)[:3])}...): make them the same, or let the "
            "head be replaced."
        )
    config = dataclasses.replace(
        old,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
        problem_type=problem_type,
        max_length=max_length or old.max_length,
    )
    extractor.max_length = config.max_length
    weights = {key: value.float() for key, value in checkpoint.load_weights().items()}
    model = ASTForAudioClassification(config)
    notes = []
    if not same_head:
        kept = [label for label in labels if label in old_labels]
        rows = [list(labels).index(label) for label in kept]
        old_rows = [old_labels.index(label) for label in kept]
        for key in ("classifier.dense.weight", "classifier.dense.bias"):
            fresh = model.state_dict()[key].clone()
            fresh[rows] = weights[key][old_rows]
            weights[key] = fresh
        text = f"a fresh head for {len(labels)} labels replaces that for {len(old_labels)}"
        notes.append(f"{text}; {len(kept)} labels are in both and keep theirs" if kept else text)
    key = "audio_spectrogram_transformer.embeddings.position_embeddings"
    if config.max_length != old.max_length:
        weights[key] = resize_positions(
            weights[key], PatchGrid.from_config(old), PatchGrid.from_config(config)
        )
        notes.append(
            f"position embeddings fitted from {old.max_length} to {config.max_length} frames"
        )
    model.load_state_dict(weights, strict=True)
    return Pretrained(model, extractor, tuple(notes), fresh_head=not same_head)


def resize_positions(positions: torch.Tensor, old: PatchGrid, new: PatchGrid) -> torch.Tensor:
    """Fit position embeddings (1, tokens, hidden) to another grid of patches.

    Along each axis, fewer patches take the middle of the old ones and more are interpolated.

    Source: YuanGongND/ast, src/models/ast_models.py, lines 141-154.
    """
    special, patches = positions[:, :SPECIAL_TOKENS], positions[:, SPECIAL_TOKENS:]
    plane = patches.transpose(1, 2).unflatten(2, (old.freq_patches, old.time_patches))
    for axis, wanted in ((2, new.freq_patches), (3, new.time_patches)):
        have = plane.shape[axis]
        if wanted < have:
            plane = plane.narrow(axis, (have - wanted) // 2, wanted)
        elif wanted > have:
            size = [plane.shape[2], plane.shape[3]]
            size[axis - 2] = wanted
            plane = F.interpolate(plane, size=size, mode="bilinear", align_corners=False)
    return torch.cat([special, plane.flatten(2).transpose(1, 2)], dim=1)
