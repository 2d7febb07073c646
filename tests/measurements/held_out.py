"""Held-out clips that nothing learnt, as several measurements choose them."""

from __future__ import annotations

import argparse

from ast_demo.training.data.clips import Clip
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.recipe import load_recipe

SOURCES = ("instruments/", "labelled2/", "music/", "speech/")


def add_held_out(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the clips."""
    parser.add_argument("--recipe", default="everyday-sounds", help="renames labels of the data")
    parser.add_argument("--data", nargs="+", required=True, help="as for `evaluate`")
    parser.add_argument("--only", nargs="+", default=SOURCES, help="how their file names begin")


def held_out_clips(options: argparse.Namespace) -> list[Clip]:
    """Return the labelled clips of the validation split, by name."""
    dataset = read_datasets(options.data).relabelled(load_recipe(options.recipe).relabel, ())
    chosen = (c for c in dataset.split("validation") if c.name.startswith(tuple(options.only)))
    return sorted((clip for clip in chosen if clip.labels), key=lambda clip: clip.name)
