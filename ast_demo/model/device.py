"""Where a model runs, in which dtype and how many windows at once; how long its stages take."""

from __future__ import annotations

import time

import torch
from torch.nn import functional as F

from ast_demo.checkpoint.weights import parse_dtype
from ast_demo.model.matmul import ONEDNN_GAIN, fastest, onednn_gain
from ast_demo.model.onednn import onednn_linear
from ast_demo.model.quantization import require_int8

BATCH_BYTES = 1 << 30  # of a layer's widest activation in float32, for the windows of a batch
BATCH_BYTES_CPU = 8 << 20  # stays in the cache: one window of 87 M parameters, where four at once
# cost a tenth more each, and four of the bundled model, where eight are no faster and four cost a
# fifth less each than one
LARGEST_FREED = 31 << 20  # bytes; glibc learns from blocks of up to 32 MB
MAX_BATCH = 64  # windows
MAX_BATCH_CPU = 8  # more are no faster, and progress is told after each batch
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
        ValueError: if the name means no dtype to compute in, or int8 is not to be had there.
    """
    if str(dtype) in ("int8", "torch.int8"):
        require_int8(device)
        return torch.int8
    if dtype != "auto":
        return parse_dtype(dtype, also=("int8",))
    if device.type == "cuda":
        return torch.float16
    if device.type == "cpu" and bfloat16_gain() >= BFLOAT16_GAIN:
        return torch.bfloat16
    return torch.float32


def placement_reason(device_asked, device: torch.device, dtype_asked, dtype: torch.dtype) -> str:
    """Say why a model runs where and as it does; what was asked for stands before what it is."""
    where = "as asked for"
    if device_asked == "auto":
        where = "there is a CUDA device" if device.type == "cuda" else "there is no CUDA device"
    if dtype_asked != "auto":
        return f"{where}; the dtype as asked for"
    if device.type == "cuda":
        return f"{where}, which is fastest in float16"
    if device.type != "cpu":
        return where
    faster = "is" if dtype == torch.bfloat16 else "is not"
    return f"{where}; bfloat16 {faster} {BFLOAT16_GAIN} times as fast as float32 on this processor"


def bfloat16_gain() -> float:
    """Measure how many times faster a matrix product of an AST's size is in bfloat16 here.

    The float32 one is made as the model makes it.
    """
    left, right = torch.ones(256, 768), torch.ones(768, 768)
    half_left, half_right = left.bfloat16(), right.bfloat16()
    product = onednn_linear if onednn_gain() >= ONEDNN_GAIN else F.linear
    with torch.inference_mode():
        whole, half = fastest(lambda: product(left, right), lambda: F.linear(half_left, half_right))
    return whole / half


def windows_at_once(device: torch.device, num_tokens: int, intermediate_size: int) -> int:
    """Return how many windows to give a model at a time, for speed in bounded memory.

    Args:
        device: where the model runs.
        num_tokens: tokens of a window.
        intermediate_size: width of the widest activation, which sets the memory.
    """
    on_cpu = device.type == "cpu"
    fitting = (BATCH_BYTES_CPU if on_cpu else BATCH_BYTES) // (4 * num_tokens * intermediate_size)
    return max(1, min(MAX_BATCH_CPU if on_cpu else MAX_BATCH, fitting))


def keep_freed_memory() -> None:
    """Let the C library keep what one layer frees for the next one to use.

    glibc returns the end of its heap to the system whenever much of it is free, and each layer
    gets it back page by page: up to 100 000 page faults a pass of the 87 M model, 11 to 17 % of its
    time. How much it keeps it learns from the largest block ever freed (`man mallopt`,
    M_MMAP_THRESHOLD), so it is shown one, of which no page is touched; after that it keeps twice
    as much, 62 MB. Settings in the environment prevail.
    """
    torch.empty(LARGEST_FREED, dtype=torch.uint8)


class Stopwatch:
    """Measure the milliseconds of stages, synchronizing with the GPU where there is one."""

    def __init__(self, device: torch.device):
        self._device = device
        self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Record the time since the last lap as a stage's."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.laps[stage] = 1000 * (now - self._last)
        self._last = now
