"""Linear layers whose products are made of 8-bit integers: `dtype="int8"`, on a CPU.

The weights of an output channel, and the activations of a token, are quantized symmetrically: the
largest of them becomes 127 or -127. oneDNN, which torch brings along, multiplies the integers
exactly and turns the sums into float32. Everything else stays float32: patches, attention, norms,
the head.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from ast_demo.model.onednn import int8_linear, pack_int8

if TYPE_CHECKING:
    from ast_demo.model.transformer import ASTForAudioClassification

LEVELS = 127  # of int8 on either side of zero
ZERO_POINT = 128  # of the quantized input, which oneDNN takes as uint8
SMALLEST_SCALE = 1e-30  # of a row that is zero throughout, which would divide by zero


class Int8Linear(nn.Module):
    """A linear layer with quantized weights; its input is quantized token by token."""

    def __init__(self, linear: nn.Linear):
        super().__init__()
        self.scale: torch.Tensor
        quantized, scale = quantize_rows(linear.weight.detach().float())
        packed = pack_int8(quantized.to(torch.int8))
        self.weight = nn.Parameter(packed, requires_grad=False)  # (in, out)
        self.register_buffer("scale", scale.flatten())
        self.bias = linear.bias

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (..., in_features) to (..., out_features); with gradients nothing is quantized."""
        if torch.is_grad_enabled() and inputs.requires_grad:
            return F.linear(inputs, (self.weight.to_dense() * self.scale).T, self.bias)
        quantized, scale = quantize_rows(inputs)
        shifted = quantized.add_(ZERO_POINT).to(torch.uint8)
        product = int8_linear(shifted, ZERO_POINT, self.weight, self.scale).mul_(scale)
        return product if self.bias is None else product.add_(self.bias)

    def _save_to_state_dict(self, *_) -> None:
        raise ValueError(
            "the model's dtype is int8, which is not saved, expected float weights: load it with "
            "dtype='float32' and save that."
        )


def quantize(model: ASTForAudioClassification) -> None:
    """Put an `Int8Linear` in the place of every linear layer inside the transformer's layers."""
    layers = model.audio_spectrogram_transformer.layers
    for parent in layers.modules():
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Linear):
                setattr(parent, name, Int8Linear(child))


def is_quantized(model: nn.Module) -> bool:
    """Tell whether a model's products are made of 8-bit integers."""
    return any(isinstance(module, Int8Linear) for module in model.modules())


def require_int8(device: torch.device) -> None:
    """Stop with a sentence where int8 is not to be had.

    Raises:
        ValueError: if the device is no CPU, or its products would be wrong or are missing.
    """
    if device.type != "cpu":
        raise ValueError(
            f"dtype is 'int8', which is for a CPU and not for device {str(device)!r}: add "
            "device='cpu', or use dtype='float16'."
        )
    if not multiplies_exactly():
        raise ValueError(
            "dtype is 'int8', for which this processor lacks exact products of 8-bit integers "
            "(VNNI): use dtype='auto'."
        )


@functools.cache
def multiplies_exactly() -> bool:
    """Try the largest products. Processors without VNNI add two of them in 16 bits and overflow."""
    largest = nn.Linear(64, 32, bias=False).requires_grad_(False)
    nn.init.constant_(largest.weight, LEVELS)
    with torch.inference_mode():
        found = Int8Linear(largest)(torch.full((16, 64), float(LEVELS)))
    return bool((found == 64 * LEVELS**2).all())


def quantize_rows(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return float rows (..., n) as whole numbers from -127 to 127, and their scales (..., 1)."""
    largest = torch.maximum(rows.amax(-1, keepdim=True), -rows.amin(-1, keepdim=True))
    scale = (largest / LEVELS).clamp_(min=SMALLEST_SCALE)
    return (rows / scale).round_(), scale
