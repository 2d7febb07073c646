"""Links that point into the page: which tab is open and which model is chosen at first.

The rest of a link (a sound, a step, a map) is read by the tabs' own scripts, see links.js.
A page that is opened without a link asks the server for nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import gradio as gr

from ast_demo.ui.shared.bundle import UI_FOLDER, bundle

_START = """
const { view, model } = readLink();
const known = MODELS.slice(1).includes(model) ? model : null;
return [
  view ? { __type__: "update", selected: view } : { __type__: "update" },
  known ?? { __type__: "update" },
  known ?? "",
];
"""


def follow_links(
    page: gr.Blocks, tabs: gr.Tabs, picker: gr.Dropdown, linked: gr.Textbox, models: Sequence[str]
) -> None:
    """Let the page open as its address says.

    Args:
        page: the page being built.
        tabs: their ids are what a link calls `view`.
        picker: of the model.
        linked: gets the link's model if it is offered and not the first; its change loads it.
        models: names in the picker, the default first.
    """
    start = _START.replace("MODELS", json.dumps(list(models)))
    script = bundle(UI_FOLDER / "shared" / "links.js", start)
    page.load(None, None, [tabs, picker, linked], js=f"() => {{\n{script}\n}}")
