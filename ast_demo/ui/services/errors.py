"""What a visitor reads of an error: one sentence, no traceback, no path of ours."""

from __future__ import annotations

import errno
import html
import traceback

import gradio as gr

from ast_demo.values import ArgumentError

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
    if isinstance(error, ArgumentError):  # begins with a name, which keeps its letters
        return str(error)
    if isinstance(error, ValueError):
        return capitalized(str(error).strip())
    if no_room(error):
        return "The server has no room for sounds at the moment: try again later."
    if type(error).__name__ == "OutOfMemoryError":
        return "The device has no memory left for this: try again in a moment."
    return "The server failed here, which is not your sound's fault: try again."


def capitalized(text: str) -> str:
    """Begin with a capital, unless the first word is a name as files and models have: a.wav."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def as_gradio_error(error: Exception, shown: bool = True) -> gr.Error:
    """Turn an error into the one the page shows, unless it is told elsewhere; markup stays text."""
    if not isinstance(error, ValueError):
        traceback.print_exception(error)  # for the host; ValueErrors are for the visitor
    message = html.escape(user_message(error), quote=False)
    return gr.Error(message, visible=shown, print_exception=False)
