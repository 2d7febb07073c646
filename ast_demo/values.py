"""What is a number, and how a refused value is quoted in a message."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

QUOTED_CHARACTERS = 100  # of a value that was refused


def is_whole(value: Any) -> TypeGuard[int]:
    """Tell whether a value is a whole number; True and False are none, though Python says so."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is an int or a float; NaN and infinity are, True and False are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_finite(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a number that one can calculate with."""
    return is_number(value) and math.isfinite(value)


class ArgumentError(ValueError):
    """A named value that cannot be used; the message begins with its name, as one writes it."""


def refused(name: str, value: Any, expected: str) -> ArgumentError:
    """Make the error of a named value: what came, and what is expected, without a full stop."""
    return ArgumentError(f"{name} is {quoted(value)}, expected {expected}.")


def quoted(value: Any) -> str:
    """Quote a value that was refused, cut to what a message can hold."""
    text = " ".join(repr(value).splitlines())
    return text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}..."
