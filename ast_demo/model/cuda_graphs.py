"""On a CUDA device: capture a function's kernels as a graph once, replay it from then on.

A pass over one sound launches some 150 kernels, most of which take less time than their launch; a
graph of them is launched once. Whether it pays depends on device, model and batch, so it is
measured where it runs, once for each shape, and its results are compared with those of the plain
function.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch

from ast_demo.model.matmul import fastest

LARGEST_BATCH = 4  # sounds; the kernels of more take longer than their launches
GAIN = 1.1  # how much faster a graph must measure before it is used
REPEATS = 5  # turns of that comparison
TOLERANCES = {  # of the largest value, for rounding; the coarsest dtype among the results decides
    torch.bfloat16: 3e-2,
    torch.float16: 1e-2,
    torch.float32: 1e-4,
    torch.float64: 1e-4,
}

SWITCH = "AST_CUDA_GRAPHS"  # environment variable: "1" captures graphs and tries the Triton kernel

Function = Callable[[torch.Tensor], Any]  # of a batch; a tensor or nested tuples of tensors


def use_cuda_graphs(device: torch.device) -> bool:
    """Tell whether passes on a device are to be captured as graphs: on CUDA, where asked for.

    Off unless asked for: a fault inside a kernel or a graph takes the whole process with it.
    """
    return device.type == "cuda" and os.environ.get(SWITCH) == "1"


class GraphedFunction:
    """Call a function of a batch; where it is faster, replay what it does.

    A shape that comes for the second time is captured: a process that answers once never pays for
    that. Calls of several threads wait for each other, since a graph has one place for its
    input; what they return is theirs.

    Args:
        function: maps (batch, ...) to a tensor or nested tuples of tensors, and is not changed by
            being called.
        weights: tensors that the function reads; where they have moved, graphs are captured anew.
        variants: other ways to compute the same, which may fail on this device.
        capture: makes a replay of a function and an input; `capture_graph` if None.
    """

    def __init__(
        self,
        function: Function,
        weights: Iterator[torch.Tensor] | tuple = (),
        variants: tuple[Function, ...] = (),
        capture: Callable[[Function, torch.Tensor], Function] | None = None,
    ):
        self._function = function
        self._weights = tuple(weights)
        self._variants = (function, *variants)
        self._capture = capture or capture_graph
        self._chosen: dict[tuple, Function | None] = {}  # None: came once, is not captured yet
        self._addresses: list[int] = []  # in memory, of the weights that the graphs read
        self._lock = threading.Lock()

    def __call__(self, inputs: torch.Tensor) -> Any:
        """Return function(inputs)."""
        if torch.is_grad_enabled() or len(inputs) > LARGEST_BATCH:
            return self._function(inputs)
        with self._lock:
            places = [weight.data_ptr() for weight in self._weights]
            if places != self._addresses:
                self._chosen, self._addresses = {}, places
            shape = (*inputs.shape, inputs.dtype, inputs.device)
            if shape not in self._chosen:
                self._chosen[shape] = None
                return self._function(inputs)
            chosen = self._chosen[shape] or self._choose(inputs)
            self._chosen[shape] = chosen
            return chosen(inputs)

    def _choose(self, inputs: torch.Tensor) -> Function:
        """Return the fastest graph that answers as the function does, or the function."""
        expected = self._function(inputs)
        choice, most = self._function, 1 / GAIN  # of the function's own time
        for variant in self._variants:
            try:
                replay = self._capture(variant, inputs)
                if not _agree(replay(inputs), expected):
                    raise ArithmeticError("its results differ from the plain ones")
            except Exception as error:  # no compiler, no memory, what cannot be captured
                logging.getLogger(__name__).info("a graph is left out: %s", error)
                continue
            own, replayed = fastest(
                lambda: _finish(self._function(inputs)),
                lambda replay=replay: _finish(replay(inputs)),
                repeats=REPEATS,
            )
            if replayed <= most * own:
                choice, most = replay, replayed / own
        return choice


def capture_graph(function: Function, inputs: torch.Tensor) -> Function:
    """Capture function(inputs) as a CUDA graph; what it returns replays it on other inputs.

    Raises:
        RuntimeError: if the function synchronizes with the device, or memory is short.
    """
    with (
        torch.cuda.device(inputs.device),
        torch.cuda.stream(torch.cuda.current_stream()),  # comes back after a failure, too
    ):
        place = inputs.clone()
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # what kernels set up at first must not be captured
            function(place)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # others may allocate
            output = function(place)
    results = list(_tensors(output))
    dtypes = {result.dtype for result in results}

    def replay(new: torch.Tensor) -> Any:
        place.copy_(new)
        graph.replay()
        copies = [torch.empty_like(result) for result in results]
        for dtype in dtypes:  # each in one launch
            torch._foreach_copy_(
                [copy for copy in copies if copy.dtype == dtype],
                [result for result in results if result.dtype == dtype],
            )
        return _refilled(output, iter(copies))

    return replay


def _tensors(nest) -> Iterator[torch.Tensor]:
    """Yield the tensors of nested tuples, None left out."""
    if isinstance(nest, torch.Tensor):
        yield nest
    elif nest is not None:
        for part in nest:
            yield from _tensors(part)


def _refilled(nest, tensors: Iterator[torch.Tensor]):
    """Return nested tuples like these with other tensors."""
    if isinstance(nest, torch.Tensor):
        return next(tensors)
    if nest is None:
        return None
    parts = [_refilled(part, tensors) for part in nest]
    return type(nest)(*parts) if hasattr(nest, "_fields") else tuple(parts)


def _agree(found, expected) -> bool:
    """Tell whether results are the same but for rounding."""
    pairs = list(zip(_tensors(found), _tensors(expected), strict=True))
    tolerance = max(TOLERANCES[old.dtype] for _, old in pairs)
    for new, old in pairs:
        if new.shape != old.shape or new.dtype != old.dtype:
            return False
        difference = (new.double() - old.double()).abs()
        if old.numel() and not difference.max() <= tolerance * old.double().abs().max():
            return False  # NaN agrees with nothing
    return True


def _finish(results) -> None:
    """Synchronize with the device."""
    first = next(_tensors(results))
    if first.is_cuda:
        torch.cuda.synchronize(first.device)
