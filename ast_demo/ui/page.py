"""The page: one Gradio Blocks from a header, one function per tab, and the API."""

from __future__ import annotations

import os
from collections.abc import Mapping

import gradio as gr

from ast_demo.ui.api.endpoints import build_api
from ast_demo.ui.check.tab import build_check_tab
from ast_demo.ui.explore.opening import Opening
from ast_demo.ui.explore.tab import build_explore_tab
from ast_demo.ui.header import build_header
from ast_demo.ui.learn.tab import build_learn_tab
from ast_demo.ui.live.tab import build_live_tab
from ast_demo.ui.model_tab import build_model_tab
from ast_demo.ui.services.limits import Limits, spell_time
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.context import PageContext
from ast_demo.ui.shared.links import follow_links
from ast_demo.ui.timeline.tab import build_timeline_api, build_timeline_tab
from ast_demo.ui.validated_blocks import ValidatedBlocks

TITLE = "AST Explorer"
SENTENCE = (
    "See, hear and question what an Audio Spectrogram Transformer does with a sound: patches, "
    "attention, labels, live or over hours."
)
TABS = (  # those after Explore, whose sound they may open
    build_live_tab,
    build_timeline_tab,
    build_learn_tab,
    build_check_tab,
    build_model_tab,
)


def build_page(services: Services) -> gr.Blocks:
    """Build the page; it is not served yet and no model is loaded."""
    limits = services.limits
    with ValidatedBlocks(
        title=TITLE,
        analytics_enabled=False,
        delete_cache=(limits.sweep_seconds, limits.keep_seconds),
        fill_width=True,
    ) as page:
        page.services = services
        page.sentence, page.picture = SENTENCE, preview_address(os.environ)
        header = build_header(services)
        with gr.Tabs(elem_id="tabs") as tabs:
            services.opening = opening = Opening(services)
            explore = build_explore_tab(opening, header.model, header.switched, tabs)
            shared = PageContext(services, header.model, header.switched, explore)
            for build_tab in TABS:
                build_tab(shared)
        follow_links(page, tabs, header.picker, header.linked, services.models.names)
        privacy_notice(limits)
        build_api(services)
        build_timeline_api(services)
    return page.queue(max_size=limits.queue_size)


def preview_address(environment: Mapping[str, str]) -> str:
    """Return where the picture of a link preview is; only a Space has an address known to all."""
    space = environment.get("SPACE_ID")
    return f"https://huggingface.co/spaces/{space}/resolve/main/assets/preview.png" if space else ""


def privacy_notice(limits: Limits) -> gr.HTML:
    """Make the line at the foot of the page: what becomes of a visitor's sounds, and when."""
    return gr.HTML(
        html_template=f"<p>{privacy_text(limits)}</p>",
        js_on_load=None,
        elem_id="promise",
        elem_classes="flush",
    )


def privacy_text(limits: Limits) -> str:
    """Say what is kept, and for how long."""
    return (
        "Recordings and files go to this page's server and nowhere else; they are deleted after "
        f"{spell_time(limits.keep_seconds)}."
    )
