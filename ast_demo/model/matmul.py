"""Matrix products on a CPU by the faster of the two libraries that ship with torch.

torch leaves float32 to MKL, which keeps to AVX2 on processors that are not Intel's. oneDNN, which
torch uses for bfloat16, does not, and can be more than twice as fast there; elsewhere the two are
equal, or torch comes without oneDNN. No flag says which holds, so it is measured, once.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from ast_demo.model.onednn import onednn_linear

ONEDNN_GAIN = 1.3  # how much faster oneDNN must measure before it is used


class Linear(nn.Linear):
    """nn.Linear, by the faster library where no gradients are recorded."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Map (..., in_features) to (..., out_features)."""
        if inputs.dtype == torch.float32 and use_onednn(inputs):
            return onednn_linear(inputs, self.weight, self.bias)
        return F.linear(inputs, self.weight, self.bias)


def use_onednn(tensor: torch.Tensor) -> bool:
    """Tell whether oneDNN should multiply such a tensor."""
    return (
        tensor.is_cpu
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
        and onednn_gain() >= ONEDNN_GAIN
    )


@functools.cache
def onednn_gain() -> float:
    """Measure how many times faster oneDNN computes a float32 product of an AST's size here.

    It is about 1 where this torch lacks oneDNN.
    """
    left, right = torch.ones(256, 768), torch.ones(768, 768)
    with torch.inference_mode():
        usual, onednn = fastest(lambda: F.linear(left, right), lambda: onednn_linear(left, right))
    return usual / onednn


def fastest(*functions: Callable, repeats: int = 11) -> list[float]:
    """Return each function's shortest time in seconds; their calls are interleaved."""
    best = [float("inf")] * len(functions)
    for function in functions:
        function()  # the first product of a dtype initializes its kernels
    for _ in range(repeats):
        for index, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[index] = min(best[index], time.perf_counter() - start)
    return best
