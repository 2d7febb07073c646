"""The parts of an Audio Spectrogram Transformer beside attention: embeddings, perceptron, layer.

Modules and parameters carry the names transformers uses in memory (5.9 and later), so state dicts
of both load into each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.model.attention import ASTAttention, AttentionTrace
from ast_demo.model.matmul import Linear

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "gelu": F.gelu,
    "relu": F.relu,
    "selu": F.selu,
    "gelu_new": functools.partial(F.gelu, approximate="tanh"),
}


class ASTPatchEmbeddings(nn.Module):
    """Cut the spectrogram into overlapping patches and project each to a token."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        self.projection = nn.Conv2d(
            1,
            config.hidden_size,
            kernel_size=config.patch_size,
            stride=(config.frequency_stride, config.time_stride),
        )

    def forward(self, input_values: torch.Tensor) -> torch.Tensor:
        """Project (batch, frames, mel_bins) to (batch, patches, hidden), frequency-major."""
        plane = input_values.transpose(1, 2).unsqueeze(1)
        return self.projection(plane).flatten(2).transpose(1, 2)


class ASTEmbeddings(nn.Module):
    """Put CLS and distillation tokens before the patches and add position embeddings."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        grid = PatchGrid.from_config(config)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.distillation_token = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.patch_embeddings = ASTPatchEmbeddings(config)
        self.position_embeddings = nn.Parameter(torch.zeros(1, grid.num_tokens, config.hidden_size))
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, input_values: torch.Tensor) -> torch.Tensor:
        """Embed (batch, frames, mel_bins) as (batch, tokens, hidden)."""
        patches = self.patch_embeddings(input_values)
        return self.with_special_tokens(patches + self.position_embeddings[:, SPECIAL_TOKENS:])

    def with_special_tokens(self, patches: torch.Tensor) -> torch.Tensor:
        """Prepend CLS and distillation to patches that carry positions: (batch, n, hidden)."""
        special = torch.cat([self.cls_token, self.distillation_token], dim=1)
        special = special + self.position_embeddings[:, :SPECIAL_TOKENS]
        return self.dropout(torch.cat([special.expand(len(patches), -1, -1), patches], dim=1))


class ASTMLP(nn.Module):
    """The two-layer perceptron of a transformer layer."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        act = config.hidden_act
        self.activation = ACTIVATIONS[act] if isinstance(act, str) else act
        self.fc1 = Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Transform each token independently."""
        return self.fc2(self.activation(self.fc1(hidden_states)))


class ASTLayer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        self.attention = ASTAttention(config)
        self.layernorm_before = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.layernorm_after = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.mlp = ASTMLP(config)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        hidden_states: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        *,
        eager: bool = False,
        num_queries: int | None = None,
        keep: bool = False,
    ) -> tuple[torch.Tensor, AttentionTrace]:
        """Return the new hidden states of the first num_queries tokens (all if None)."""
        attended, trace = self.attention(
            self.layernorm_before(hidden_states),
            head_mask,
            eager=eager,
            num_queries=num_queries,
            keep=keep,
        )
        hidden_states = hidden_states[:, :num_queries] + self.dropout(attended)
        changed = self.mlp(self.layernorm_after(hidden_states))
        return hidden_states + self.dropout(changed), trace
