"""Where a model runs and in which dtype, decided once; and how long its stages take there."""

from __future__ import annotations

import statistics
import time

import torch

from ast_demo.checkpoint import parse_dtype

BFLOAT16_GAIN = 1.3  # how much faster bfloat16 must measure before it replaces float32 on a CPU


def choose_device(device: str | torch.device = "auto") -> torch.device:
    """Return CUDA if there is one, else the CPU; or the device asked for.

    Raises:
        ValueError: if the name means no device of this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:  # CUDA-less builds of torch assert
        raise ValueError(
            f"device is {device!r}, which this machine does not have: use 'auto' or 'cpu'."
        ) from error
    return chosen


def choose_dtype(dtype: str | torch.dtype, device: torch.device) -> torch.dtype:
    """Return float16 on CUDA, the faster of bfloat16 and float32 on a CPU; or the dtype asked for.

    Raises:
        ValueError: if the name means no floating-point dtype.
    """
    if dtype != "auto":
        return parse_dtype(dtype)
    if device.type == "cuda":
        return torch.float16
    if device.type == "cpu" and bfloat16_gain() >= BFLOAT16_GAIN:
        return torch.bfloat16
    return torch.float32


def bfloat16_gain(repeats: int = 5) -> float:
    """Measure how many times faster a matrix product of an AST's size is in bfloat16 here."""

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(256, 768, dtype=dtype), torch.ones(768, 768, dtype=dtype)
        left @ right  # the first product of a dtype sets its kernels up
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            left @ right
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    return seconds(torch.float32) / seconds(torch.bfloat16)


class Stopwatch:
    """Measure the milliseconds of stages, waiting for the GPU where there is one."""

    def __init__(self, device: torch.device):
        self._device = device
        self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Book the time since the last lap on a stage."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.laps[stage] = 1000 * (now - self._last)
        self._last = now
