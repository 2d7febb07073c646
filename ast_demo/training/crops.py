"""Run an encoder on crops shorter than its window, and on a part of their patches.

Both make a step of training many times cheaper than the full window, and keep the network from
overfitting.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.model.transformer import ASTModel

EAGER_TOKENS = 256  # up to so many, matrices are faster on a CPU than the fused kernel's gradient


class CropEncoding(NamedTuple):
    """What the encoder says of a batch of crops."""

    pooled: torch.Tensor  # (batch, hidden)
    patches: torch.Tensor  # (batch, kept patches, hidden), after the final layernorm
    kept: torch.Tensor | None  # number of each kept patch in the crop, (batch, kept); None: all


def encode_crops(
    encoder: ASTModel,
    input_values: torch.Tensor,
    tokens: int = 0,
    generator: torch.Generator | None = None,
    pooled_only: bool = False,
) -> CropEncoding:
    """Encode crops as if they stood at a random place of the window.

    Args:
        encoder: the model to train.
        input_values: normalized crops, (batch, frames, mel_bins), no longer than the window.
        tokens: patches kept of each crop, drawn at random; 0 keeps all.
        generator: source of randomness.
        pooled_only: compute the last layer for the special tokens alone; patches is then empty.
    """
    embeddings = encoder.embeddings
    window = PatchGrid.from_config(encoder.config)
    count, frames, _ = input_values.shape
    time_patches = (frames - window.patch_size) // window.time_stride + 1
    hidden = embeddings.patch_embeddings(input_values)
    positions = embeddings.position_embeddings
    if time_patches == window.time_patches:
        hidden = hidden + positions[:, SPECIAL_TOKENS:]
    else:
        plane = positions[0, SPECIAL_TOKENS:].unflatten(0, (window.freq_patches, -1))
        spare = window.time_patches - time_patches
        start = torch.randint(0, spare + 1, (count, 1), generator=generator)
        shown = plane[:, (start + torch.arange(time_patches)).to(plane.device)]
        hidden = hidden + shown.transpose(0, 1).flatten(1, 2)
    kept = None
    if 0 < tokens < hidden.shape[1]:
        order = torch.rand(count, hidden.shape[1], generator=generator).argsort(dim=1)
        kept = order[:, :tokens].sort(dim=1).values.to(hidden.device)
        hidden = hidden.gather(1, kept[..., None].expand(-1, -1, hidden.shape[2]))
    hidden = embeddings.with_special_tokens(hidden)
    eager = hidden.is_cpu and hidden.shape[1] <= EAGER_TOKENS
    encoding = encoder.encode_tokens(hidden, pooled_only=pooled_only, eager=eager or None)
    return CropEncoding(encoding.pooled, encoding.last_hidden_state[:, SPECIAL_TOKENS:], kept)
