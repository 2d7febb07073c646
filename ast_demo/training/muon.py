"""Muon, an optimizer for weight matrices: momentum whose singular values are all set to one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch

# Quintic iteration that drives every singular value towards 1 (between 0.7 and 1.2) in five steps.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalize(matrices: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Replace the singular values of each matrix (count, rows, columns) by about 1.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers", Newton-Schulz iteration.
    """
    a, b, c = COEFFICIENTS
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + torch.baddbmm(gram, gram, gram, beta=b, alpha=c) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with orthogonalized steps; matrices of one shape go through together.

    torch.optim.Muon always rounds to bfloat16, slow on CPUs without it; here that is a choice.

    Args:
        params: matrices (rows, columns) only.
        lr: step size; a step has a root mean square of about lr / sqrt(columns).
        momentum: share of the past kept in the running gradient.
        weight_decay: decoupled decay, times lr.
        dtype: what the iteration computes in; weights and momentum keep their own.
    """

    def __init__(
        self,
        params: Iterable[torch.Tensor],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        dtype: torch.dtype = torch.float32,
    ):
        self.dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        """Take one step."""
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for shape, parameters in by_shape.items():
                moved = torch.stack([self._momentum(p, group) for p in parameters])
                updates = orthogonalize(moved.to(self.dtype)).to(moved.dtype)
                scale = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                for parameter, update in zip(parameters, updates):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update, alpha=-scale)

    def _momentum(self, parameter: torch.Tensor, group: dict) -> torch.Tensor:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        gradient = parameter.grad
        assert gradient is not None  # those without are passed over
        state["momentum"].lerp_(gradient, 1 - group["momentum"])
        return gradient.lerp(state["momentum"], group["momentum"])
