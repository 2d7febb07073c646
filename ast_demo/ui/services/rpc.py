"""What the page's JavaScript asks the server: functions that take and return JSON objects.

A request may hold anything, since anyone can send one. An answer is an object; an error comes back
as {"error": sentence}, with "gone" where what was asked about is no longer kept here, and "busy"
where it may be asked again soon.
"""

from __future__ import annotations

import base64
import functools
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ast_demo.ui.services.cache import GoneError
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.turns import BusyError
from ast_demo.values import is_number, is_whole, refused

TEXT_LENGTH = 500  # characters of a label or id

Handler = Callable[..., dict]  # the last argument is the request


def served(handler: Handler, *context: Any) -> Callable[[Any], dict]:
    """Wrap a handler for `server_functions` of gr.HTML: it answers whatever comes.

    Args:
        handler: takes the context and the request, an object.
        context: what comes before the request.
    """

    @functools.wraps(handler)
    def answer(request: Any) -> dict:
        try:
            if not isinstance(request, dict):
                raise ValueError(f"the request is a {type(request).__name__}, expected an object.")
            return handler(*context, request)
        except GoneError as error:
            return {"error": user_message(error), "gone": True}
        except BusyError as error:
            return {"error": user_message(error), "busy": True}
        except Exception as error:
            if not isinstance(error, ValueError):
                traceback.print_exception(error)  # for the host; ValueErrors are for the visitor
            return {"error": user_message(error)}

    del answer.__wrapped__  # Gradio would read its parameters
    return answer


def text(request: Mapping, key: str) -> str:
    """Return a field that holds a short text.

    Raises:
        ValueError: if it does not, as for the other fields.
    """
    value = request.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_LENGTH:
        raise refused(key, value, "a short text")
    return value


def whole(request: Mapping, key: str) -> int:
    """Return a field that holds a whole number."""
    value = request.get(key)
    if not is_whole(value):
        raise refused(key, value, "a whole number")
    return value


def number(request: Mapping, key: str, low: float, high: float) -> float:
    """Return a field that holds a number from `low` to `high`."""
    value = request.get(key)
    if not is_number(value) or not low <= value <= high:
        raise refused(key, value, f"{low:g} to {high:g}")
    return float(value)


def packed(content: bytes) -> str:
    """Return bytes as JSON can carry them."""
    return base64.b64encode(content).decode("ascii")


def packed_shares(values: np.ndarray) -> str:
    """Return numbers from 0 to 1, one byte each."""
    return packed(np.rint(np.clip(values, 0.0, 1.0) * 255).astype(np.uint8).tobytes())
