"""The running mean of a network's weights: what a run measures and saves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

WARM_UP = 20  # steps in which the mean soon forgets the first weights


class WeightAverage:
    """Follow a network's weights with an exponential mean.

    Args:
        network: whose weights are followed.
        decay: part of the mean that each step keeps.
    """

    def __init__(self, network: nn.Module, decay: float):
        self.network = network
        self.decay = decay
        self.weights = {k: v.clone() for k, v in network.state_dict().items()}

    def update(self, steps: int) -> None:
        """Take in the weights after some steps."""
        keep = min(self.decay, (steps + 1) / (steps + WARM_UP))
        with torch.no_grad():
            for key, value in self.network.state_dict().items():
                self.weights[key].lerp_(value, 1 - keep)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let the network compute with the mean until the block ends."""
        live = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.network.load_state_dict(self.weights)
        try:
            yield
        finally:
            self.network.load_state_dict(live)

    def load(self, weights: Mapping[str, torch.Tensor], device: torch.device) -> None:
        """Go on from a mean that was saved."""
        self.weights = {k: v.to(device) for k, v in weights.items()}
