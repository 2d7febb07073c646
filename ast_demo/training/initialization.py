"""Starting weights with which a small transformer learns from the first step.

A transformer drawn at random spends hundreds of steps before anything moves: patches are projected
at random, positions are noise and attention is flat. Here patches start as principal components of
real patches, positions as waves, and most heads look at one neighbouring patch, as a convolution
would. Nothing is fixed: training is free to undo all of it.
"""

from __future__ import annotations

from typing import Any

import torch

from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.model.transformer import ASTForAudioClassification, ASTModel

# Radians per patch; uneven, so that no distance on the grid repeats the pattern of another.
TIME_WAVES = (0.05, 0.12, 0.25, 0.40, 0.60, 0.85, 1.15, 1.50, 1.90, 2.40)
FREQ_WAVES = (0.26, 0.50, 0.90, 1.30, 1.80, 2.40)
POSITION_WIDTH = 2 * (len(TIME_WAVES) + len(FREQ_WAVES))  # 32 coordinates hold the position
SHARP, BROAD = 0.5, 0.15  # how fast a head's attention falls with distance
TIME_STEPS = (1, 1, 2, 2, 3, 4)  # patches a head looks aside, from the first to the last layer


def principal_patches(patches: torch.Tensor, count: int, power: float = 0.25) -> torch.Tensor:
    """Return filters (count, cells) for the strongest principal components of patches.

    Args:
        patches: normalized patches, (samples, cells).
        count: components to keep; never more than cells.
        power: 0 keeps each component's strength, 0.5 gives all the same; noise is raised with it.
    """
    covariance = torch.cov(patches.T)
    values, vectors = torch.linalg.eigh(covariance)
    values, vectors = values.flip(0)[:count].clamp(min=1e-6), vectors.flip(1)[:, :count]
    filters = vectors.T * values[:, None] ** -power
    spread = (filters @ covariance * filters).sum(dim=1).mean().sqrt()
    return filters / spread


def position_waves(freq_patches: int, time_patches: int) -> torch.Tensor:
    """Return positions as cosines and sines, (freq_patches * time_patches, POSITION_WIDTH)."""
    time = torch.arange(time_patches)[:, None] * torch.tensor(TIME_WAVES)
    freq = torch.arange(freq_patches)[:, None] * torch.tensor(FREQ_WAVES)
    time = torch.stack([time.cos(), time.sin()], dim=-1).flatten(1)
    freq = torch.stack([freq.cos(), freq.sin()], dim=-1).flatten(1)
    plane = torch.cat(
        [
            time.expand(freq_patches, -1, -1),
            freq[:, None].expand(-1, time_patches, -1),
        ],
        dim=-1,
    )
    return plane.flatten(0, 1)


def rotation(time_step: float, freq_step: float) -> torch.Tensor:
    """Return the matrix that moves a position's waves by some patches."""
    angles = torch.cat([time_step * torch.tensor(TIME_WAVES), freq_step * torch.tensor(FREQ_WAVES)])
    blocks = torch.stack(
        [
            torch.stack([angles.cos(), -angles.sin()], dim=-1),
            torch.stack([angles.sin(), angles.cos()], dim=-1),
        ],
        dim=-2,
    )
    return torch.block_diag(*blocks)


@torch.no_grad()
def start_like_a_convolution(
    model: ASTForAudioClassification, patches: torch.Tensor, generator: torch.Generator
) -> None:
    """Set the starting weights of an encoder that will be trained from nothing.

    Args:
        model: a classifier whose heads are at least POSITION_WIDTH wide.
        patches: normalized patches of the training data, (samples, patch_size ** 2).
        generator: source of randomness.
    """
    encoder: ASTModel = model.audio_spectrogram_transformer
    config = model.config
    grid = PatchGrid.from_config(config)
    content = config.hidden_size - POSITION_WIDTH
    embeddings = encoder.embeddings
    filters = principal_patches(patches, min(content, patches.shape[1]))
    projection: Any = embeddings.patch_embeddings.projection
    projection.weight.zero_()
    projection.weight[: len(filters)] = filters.view(len(filters), 1, *projection.weight.shape[2:])
    projection.bias.zero_()
    projection.bias[: len(filters)] = -filters @ patches.mean(dim=0)
    embeddings.position_embeddings.zero_()
    waves = position_waves(grid.freq_patches, grid.time_patches)
    embeddings.position_embeddings[0, SPECIAL_TOKENS:, content:] = waves
    for token in (embeddings.cls_token, embeddings.distillation_token):
        token[..., :content].normal_(std=0.5, generator=generator)
    depth = len(encoder.layers)
    layers: Any = encoder.layers
    for index, layer in enumerate(layers):
        step = TIME_STEPS[min(index * len(TIME_STEPS) // depth, len(TIME_STEPS) - 1)]
        _point_heads(layer.attention, content, step, generator)
        torch.nn.init.orthogonal_(layer.attention.v_proj.weight, generator=generator)
        layer.attention.o_proj.weight.mul_((2 * depth) ** -0.5)
        torch.nn.init.orthogonal_(layer.mlp.fc1.weight, gain=0.7, generator=generator)
        layer.mlp.fc2.weight.mul_((2 * depth) ** -0.5)


def _point_heads(attention, content: int, step: int, generator: torch.Generator) -> None:
    """Let the heads of a layer look before, after, below, above, around, and anywhere."""
    width = attention.head_dim
    directions = [(-step, 0, SHARP), (step, 0, SHARP), (0, -1, SHARP), (0, 1, SHARP), (0, 0, BROAD)]
    for projection in (attention.q_proj, attention.k_proj):
        projection.weight.normal_(std=0.02, generator=generator)
        projection.bias.zero_()
    heads = attention.q_proj.weight.shape[0] // width
    for head, (time_step, freq_step, sharpness) in zip(range(heads), directions):
        scale = (sharpness * width**0.5) ** 0.5
        rows = slice(head * width, head * width + POSITION_WIDTH)
        # q . k = sum of cos(w * (distance - step)): highest for the patch one step aside.
        attention.q_proj.weight[rows, content:] = scale * rotation(time_step, freq_step)
        attention.k_proj.weight[rows, content:] = scale * torch.eye(POSITION_WIDTH)
