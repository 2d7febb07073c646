"""Measure this project against transformers on this machine: `python -m ast_demo bench`.

Each group of measurements is a function that takes `Settings` and yields `Line`s. A new kind of
measurement is a new function in `GROUPS`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from pathlib import Path

from ast_demo.benchmark.report import (
    PROCESSOR,
    WALL,
    Line,
    Settings,
    describe_machine,
    format_table,
)

GROUPS = {  # name -> where its function is; "module:function" under ast_demo.benchmark
    "cpu": "cpu:measure",
    "memory": "memory:measure",
    "bundled": "page:measure",
    "growth": "scaling:measure",
    "timeline": "timeline:measure",
    "live": "live:measure",
    "check": "check:measure",
    "learn": "learn:measure",
    "gpu": "gpu:measure",
    "hours": "timeline:measure_long",
}
ON_REQUEST = {"hours"}  # take too long to belong to every run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of the command."""
    from ast_demo.benchmark.load.run import add_load_parser
    from ast_demo.model.cuda_graphs import SWITCH

    parser.description = (
        "Time and memory of this project against transformers, with the same random weights and "
        "the same input, in one run. Needs transformers (see requirements-dev.txt)."
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, smaller batches")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="one thread, and the smallest of its processor times instead of the median wall time: "
        "ratios that hold on a machine which others use at the same time",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(GROUPS),
        default=[name for name in GROUPS if name not in ON_REQUEST],
        metavar="GROUP",
        help=f"measure these groups alone: {', '.join(GROUPS)}; "
        f"without this option all but {', '.join(sorted(ON_REQUEST))}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument(
        "--chart", type=Path, metavar="FILE", help="also draw growth here (PNG, SVG or PDF)"
    )
    parser.add_argument(
        "--cuda-graphs",
        action="store_true",
        help=f"capture CUDA graphs and try the Triton kernel, as {SWITCH}=1 does",
    )
    add_load_parser(parser.add_subparsers(title="instead of that", metavar="[load]"))


def main(options: argparse.Namespace) -> None:
    """Measure, print the tables and write the JSON file.

    Raises:
        ValueError: if transformers is not installed.
    """
    from ast_demo.benchmark.reference import require_transformers
    from ast_demo.model.cuda_graphs import SWITCH

    require_transformers()
    if options.cuda_graphs:
        os.environ[SWITCH] = "1"
    if options.processor_time:
        import torch

        torch.set_num_threads(1)
    watch = PROCESSOR if options.processor_time else WALL
    machine = describe_machine()
    print("\n".join(f"{key}: {value}" for key, value in machine.items()), flush=True)
    started = time.perf_counter()
    lines: list[Line] = []
    with Settings.prepare(options.quick, watch) as settings:
        for group in options.only:
            print(f"\nmeasuring {group} ...", file=sys.stderr, flush=True)
            found = list(_group(group)(settings))
            if found:
                print(f"\n{format_table(found)}", flush=True)
            lines += found
    seconds = time.perf_counter() - started
    missed = [line.what for line in lines if line.met is False]
    print(f"\n{len(lines)} lines in {seconds:.0f} s; missed: {', '.join(missed) or 'none'}")
    if options.chart is not None:
        _draw_growth(options.chart, lines)
    if options.json is not None:
        content = {
            "machine": machine,
            "quick": options.quick,
            "clock": watch.name,
            "seconds": round(seconds, 1),
            "lines": [line.to_dict() for line in lines],
        }
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _draw_growth(file: Path, lines: list[Line]) -> None:
    from ast_demo.benchmark.scaling import growth_figure

    figure = growth_figure([line.to_dict() for line in lines])
    if figure is None:
        raise ValueError(f"{file.name} was not drawn: growth was not measured, add it to --only.")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)


def _group(name: str):
    module, function = GROUPS[name].split(":")
    return getattr(importlib.import_module(f"ast_demo.benchmark.{module}"), function)
