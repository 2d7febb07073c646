"""What the page hands to each tab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ast_demo.ui.services.services import Services

QUIET = {"show_progress": "hidden", "api_visibility": "private"}  # tabs tell progress themselves


@dataclass(frozen=True)
class SoundOpener:
    """How another tab opens a sound in Explore, and how it knows which one is open there."""

    steps: Callable[[str, gr.EventData], Iterator[tuple]]  # of the model's name and an event
    outputs: Sequence[Any]  # the components that a step updates
    settings: dict[str, Any]  # of the listener
    sound: gr.State  # of the sound that is open; `path_of` reads it
    path_of: Callable[[Any], str | None]  # where the sound of that state lies; None: no sound


@dataclass(frozen=True)
class PageContext:
    """Parts of the page that every tab may use.

    A tab is one function `build_<name>_tab(shared)` in a file of its own; `page.TABS` lists them.
    """

    services: Services
    model: gr.State  # name of the visitor's model, loaded: pass it as an input
    switched: gr.events.Dependency  # follow it with .success to work again with a new model
    explore: SoundOpener

    def open_in_explore(self, event: Callable) -> None:
        """Let an event of a component open a sound in Explore.

        Args:
            event: of a gr.HTML, such as `component.moment`; it carries {"path": a WAV in the upload
                folder, "title": text, "note": text}, or {"example": file name} for the path.
        """

        def opened(model: str, event_data: gr.EventData):  # Gradio reads the type hints
            yield from self.explore.steps(model, event_data)

        event(opened, [self.model], self.explore.outputs, **self.explore.settings)

    def tell_model(self, component: gr.HTML) -> None:
        """Give a component the value {"model": name} each time that the visitor changes it."""
        self.switched.success(lambda model: {"model": model}, [self.model], [component], **QUIET)
