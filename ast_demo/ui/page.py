"""The page: one Gradio Blocks from a header, one function per tab, and the API."""

from __future__ import annotations

import gradio as gr

from ast_demo.ui.about import build_model_tab
from ast_demo.ui.api import build_api
from ast_demo.ui.explore import build_explore_tab
from ast_demo.ui.header import build_header
from ast_demo.ui.intake import GuardedBlocks
from ast_demo.ui.live import build_live_tab
from ast_demo.ui.promise import promise_line
from ast_demo.ui.services import Services
from ast_demo.ui.shared import Shared
from ast_demo.ui.timeline import build_timeline_api, build_timeline_tab

TITLE = "AST Explorer"
TABS = (build_explore_tab, build_live_tab, build_timeline_tab, build_model_tab)


def build_page(services: Services) -> gr.Blocks:
    """Build the page; it is not served yet and no model is loaded."""
    limits = services.limits
    with GuardedBlocks(
        title=TITLE,
        analytics_enabled=False,
        delete_cache=(limits.sweep_seconds, limits.keep_seconds),
        fill_width=True,
    ) as page:
        page.services = services
        model, switched = build_header(services)
        with gr.Tabs(elem_id="tabs") as tabs:
            shared = Shared(services, model, switched, tabs)
            for build_tab in TABS:
                build_tab(shared)
        promise_line(limits)
        build_api(services)
        build_timeline_api(services)
    return page.queue(max_size=limits.queue_size)
