"""Products by oneDNN, through operators that are private to torch.

Another version of torch may lack them or take other arguments, and a build without oneDNN has none:
each function here then computes the same with public ones.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

_REFUSED = (AttributeError, TypeError, RuntimeError)  # what a missing or changed operator raises


def onednn_linear(
    left: torch.Tensor, right: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """Return left right^T + bias, for left (..., k), right (n, k) and bias (n,)."""
    try:
        return torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    except _REFUSED:
        return F.linear(left, right, bias)


def pack_int8(weight: torch.Tensor) -> torch.Tensor:
    """Return int8 weights (n, k) as (k, n), laid out as `int8_linear` reads them fastest."""
    try:
        return torch.ops.onednn.qlinear_prepack(weight, None)
    except _REFUSED:
        return weight.T


def int8_linear(
    steps: torch.Tensor, zero: int, packed: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Multiply whole numbers exactly and scale the sums of each output.

    Args:
        steps: uint8 (..., k).
        zero: what stands for 0 in `steps`.
        packed: int8 weights, from `pack_int8`.
        scale: float32 (n,), of each output.

    Returns:
        (steps - zero) packed * scale, float32 (..., n).
    """
    as_it_is: tuple[Any, ...] = (None, 1.0, 0, torch.float32, "none", [], "")  # the sum: no bias
    try:
        zeros = torch.zeros(len(scale), dtype=torch.int32)
        return torch.ops.onednn.qlinear_pointwise(steps, 1.0, zero, packed, scale, zeros, *as_it_is)
    except _REFUSED:
        return (steps.float() - zero) @ packed.to_dense().float() * scale
