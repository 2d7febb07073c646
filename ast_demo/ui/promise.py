"""The line at the foot of the page: what becomes of a visitor's sounds."""

from __future__ import annotations

import gradio as gr

from ast_demo.ui.limits import Limits


def promise_line(limits: Limits) -> gr.HTML:
    """Make the line, which names the time that the host has set."""
    return gr.HTML(
        html_template=f"<p>{promise(limits)}</p>",
        js_on_load=None,
        elem_id="promise",
        elem_classes="flush",
    )


def promise(limits: Limits) -> str:
    """Say what is kept, and for how long."""
    return (
        "Recordings and files go to this page's server and nowhere else; they are deleted after "
        f"{spell_time(limits.keep_seconds)}."
    )


def spell_time(seconds: int) -> str:
    """Write a time for people: 45 seconds, 10 minutes."""
    if seconds < 120:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{-(-seconds // 60)} minutes"
