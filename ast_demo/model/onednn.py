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
    inputs: torch.Tensor, zero_point: int, packed: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Multiply quantized inputs with quantized weights exactly, and scale the sums of each output.

    Args:
        inputs: uint8 (..., k).
        zero_point: what stands for 0 in `inputs`.
        packed: int8 weights, from `pack_int8`.
        scale: float32 (n,), of each output.

    Returns:
        (inputs - zero_point) packed * scale, float32 (..., n).
    """
    zeros = torch.zeros(len(scale), dtype=torch.int32)
    as_it_is: tuple[Any, ...] = (None, 1.0, 0, torch.float32, "none", [], "")  # the sum: no bias
    try:
        return torch.ops.onednn.qlinear_pointwise(
            inputs, 1.0, zero_point, packed, scale, zeros, *as_it_is
        )
    except _REFUSED:
        return (inputs.float() - zero_point) @ packed.to_dense().float() * scale
