"""A report as JSON: the same text for the same report."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np

VERSION = 1  # of the report's JSON
DIGITS = 6  # of every number in it: below them the order of additions shows


def rounded(value):
    """Return nested values with numbers that the order of additions cannot change, no NaN."""
    if isinstance(value, Mapping):
        return {str(key): rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(each) for each in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return round(float(value), DIGITS) if math.isfinite(value) else None
    return value


def to_json(report: Mapping) -> str:
    """Write a report as JSON: the same text for the same report."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
