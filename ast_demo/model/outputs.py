"""What the models return: fields by attribute, by name or by position."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch


@dataclass
class ModelOutput:
    """Base of the outputs: fields by attribute, name or position; None fields are left out."""

    def keys(self) -> list[str]:
        """List the names of the fields that are present."""
        return [f.name for f in dataclasses.fields(self) if getattr(self, f.name) is not None]

    def to_tuple(self) -> tuple:
        """Return the fields that are present."""
        return tuple(getattr(self, name) for name in self.keys())

    def __getitem__(self, key):
        if isinstance(key, str):
            if key not in self.keys():
                raise KeyError(key)
            return getattr(self, key)
        return self.to_tuple()[key]

    def __iter__(self):
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())


@dataclass
class ASTModelOutput(ModelOutput):
    """Output of `ASTModel`."""

    last_hidden_state: torch.Tensor  # (batch, tokens, hidden), after the final layernorm
    pooler_output: torch.Tensor  # (batch, hidden), mean of CLS and distillation
    hidden_states: tuple[torch.Tensor, ...] | None = None  # embeddings and every layer's output
    attentions: tuple[torch.Tensor, ...] | None = None  # per layer (batch, heads, tokens, tokens)


@dataclass
class AudioClassifierOutput(ModelOutput):
    """Output of `ASTForAudioClassification`."""

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None  # (batch, labels)
    hidden_states: tuple[torch.Tensor, ...] | None = None
    attentions: tuple[torch.Tensor, ...] | None = None
