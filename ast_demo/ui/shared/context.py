"""What the page hands to each tab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import gradio as gr

from ast_demo.ui.services.services import Services


@dataclass
class PageContext:
    """Parts of the page that every tab may use.

    A tab is one function `build_<name>_tab(shared)` in a file of its own; `page.TABS` lists them.
    Explore is built first and fills in how other tabs open a sound in it: bind an event that
    carries {"path": a WAV in the upload folder, "title": text, "note": text} to a generator that
    yields from `open_steps(model, event)`, with `open_outputs` and `**open_settings`.
    """

    services: Services
    model: gr.State  # name of the visitor's model, loaded: pass it as an input
    switched: gr.events.Dependency  # follow it with .success to work again with a new model
    tabs: gr.Tabs
    open_steps: Callable = None  # type: ignore[assignment]  # Explore sets it, built first
    open_outputs: list = field(default_factory=list)
    open_settings: dict = field(default_factory=dict)
