"""What the page hands to each tab."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from ast_demo.ui.services import Services


@dataclass
class Shared:
    """Parts of the page that every tab may use.

    A tab is one function `build_<name>_tab(shared)` in a file of its own; `page.TABS` lists them.
    """

    services: Services
    model: gr.State  # name of the visitor's model, loaded: pass it as an input
    switched: gr.events.Dependency  # follow it with .success to work again with a new model
