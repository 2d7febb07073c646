"""Read data sets for a command, which tells what is left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ast_demo.training.data.dataset import Dataset


def read_told(places: Sequence[str]) -> Dataset:
    """Read folders and tables of clips; what is odd or left out goes to standard error."""
    from ast_demo.training.data.dataset import read_datasets

    dataset = read_datasets(places)
    for warning in dataset.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return dataset
