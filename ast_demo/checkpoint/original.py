"""Recognize the authors' own checkpoints, `.pth` files without settings, by their shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.checkpoint.key_mapping import ENCODER_PREFIX

# Published checkpoints by their count of patches: stride, and frames of the window.
GEOMETRY = {
    1212: (10, 1024),
    850: (12, 1024),
    657: (14, 1024),
    512: (16, 1024),
    144: (10, 128),
}
STATISTICS = {1024: (-4.2677393, 4.5689974), 128: (-6.845978, 5.5654526)}  # by frames: mean, std
HEAD_DIM = 64  # of the DeiT that they all start from
MEL_BINS = 128  # of all of them


def original_settings(name: str, weights: Mapping[str, torch.Tensor]) -> tuple[dict, dict]:
    """Derive config and preprocessor of one of the authors' checkpoints from its shapes.

    Args:
        name: what to call the checkpoint in messages.
        weights: its tensors, under the names of our modules.

    Returns:
        contents of config.json, where a default is right left out, and preprocessor_config.json.

    Raises:
        CheckpointError: if the shapes are those of no published checkpoint.

    Source: YuanGongND/ast at 31088be, egs/*/run*.sh; published strides in README.md.
    """

    def shape(key: str, dimensions: int) -> tuple[int, ...]:
        found = tuple(weights[key].shape) if key in weights else ()
        return found if len(found) == dimensions else (0,) * dimensions

    _, tokens, hidden_size = shape(f"{ENCODER_PREFIX}embeddings.position_embeddings", 3)
    intermediate_size, _ = shape(f"{ENCODER_PREFIX}layers.0.mlp.fc1.weight", 2)
    num_labels, _ = shape("classifier.dense.weight", 2)
    heads = hidden_size // HEAD_DIM
    patches = tokens - 2  # without CLS and distillation
    if patches not in GEOMETRY or not (heads and intermediate_size and num_labels):
        raise CheckpointError(
            f"{name} is not one of the authors' checkpoints and no config.json lies beside it: "
            "put config.json and preprocessor_config.json there."
        )
    stride, max_length = GEOMETRY[patches]
    mean, std = STATISTICS[max_length]
    layers = {match.group(1) for key in weights if (match := re.search(r"layers\.(\d+)\.", key))}
    config = {
        "hidden_size": hidden_size,
        "num_hidden_layers": len(layers),
        "num_attention_heads": heads,
        "intermediate_size": intermediate_size,
        "frequency_stride": stride,
        "time_stride": stride,
        "max_length": max_length,
        "num_mel_bins": MEL_BINS,
        "num_labels": num_labels,
        "problem_type": "multi_label_classification" if max_length == 1024 else None,
    }
    features = {"max_length": max_length, "num_mel_bins": MEL_BINS, "mean": mean, "std": std}
    return config, features
