"""What a visitor reads of an error: one sentence, no traceback, no path of ours."""

from __future__ import annotations

import errno
import html
import re
import traceback

import gradio as gr

_SETTING = re.compile(r"\w+ is .*, expected ", re.DOTALL)  # how a refused value is told
_NO_ROOM = {
    getattr(errno, name)  # the disk is full, or the folder cannot be written
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "ENOTDIR", "EEXIST")
    if hasattr(errno, name)
}


def no_room(error: Exception) -> bool:
    """Tell whether a file could not be written for want of room or permission."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def user_message(error: Exception) -> str:
    """Say an error in one sentence that a visitor may read: no traceback, no path of ours."""
    if isinstance(error, ValueError):
        return as_sentence(str(error).strip())
    if no_room(error):
        return "The server has no room for sounds at the moment: try again later."
    if type(error).__name__ == "OutOfMemoryError":
        return "The device has no memory left for this: try again in a moment."
    return "The server failed here, which is not your sound's fault: try again."


def as_sentence(text: str) -> str:
    """Capitalize a message, unless it begins with a name: of a file, a model or a setting."""
    first = text.partition(" ")[0]
    begins_with_name = not (first.isalpha() and first.islower()) or _SETTING.match(text)
    return text if begins_with_name else text[:1].upper() + text[1:]


def as_gradio_error(error: Exception) -> gr.Error:
    """Turn an error into the one the page shows; markup in it stays text."""
    if not isinstance(error, ValueError):
        traceback.print_exception(error)  # for the host; ValueErrors are for the visitor
    return gr.Error(html.escape(user_message(error), quote=False), print_exception=False)
