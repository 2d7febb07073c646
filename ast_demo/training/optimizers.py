"""The optimizers of a recipe."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ast_demo.training.muon import Muon
from ast_demo.training.recipe import Recipe


def build_optimizers(
    network: nn.ModuleDict, recipe: Recipe, fresh_head: bool
) -> list[torch.optim.Optimizer]:
    """Return the optimizers of a recipe: one Adam for all, or Muon for the hidden matrices."""
    model: Any = network["model"]
    layers = model.audio_spectrogram_transformer.layers
    matrices = [p for p in layers.parameters() if p.ndim == 2]
    by_muon = {id(p) for p in matrices} if recipe.optimizer == "muon" else set()
    head = {id(p) for p in model.classifier.parameters()}
    rest = [p for p in network.parameters() if id(p) not in by_muon | head]
    head_rate = recipe.head_rate if fresh_head and recipe.optimizer == "adam" else 1.0
    groups = [
        {"params": rest, "lr": recipe.learning_rate},
        {"params": list(model.classifier.parameters()), "lr": recipe.learning_rate * head_rate},
    ]
    adam = torch.optim.AdamW(groups, betas=(0.95, 0.999), weight_decay=recipe.weight_decay)
    if recipe.optimizer == "adam":
        return [adam]
    adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
    dtype = getattr(torch, recipe.precision)
    return [Muon(matrices, lr=recipe.matrix_rate, weight_decay=0.02, dtype=dtype), adam]
