"""The tab stands on the page, and its script is fetched only when it is opened."""

from ast_demo.ui.check.tab import LOADER, check_code
from ast_demo.ui.page import build_page
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services


def test_the_page_holds_the_tab_and_not_its_script():
    page = build_page(Services.create(Limits()))
    (component,) = (c for c in page.blocks.values() if getattr(c, "elem_id", "") == "check")
    assert component.js_on_load == LOADER
    assert "startCheck" not in component.js_on_load


def test_the_script_comes_in_one_piece_and_starts_the_tab():
    code = check_code({})["code"]
    assert code.endswith("startCheck({ element, watch, props, server, trigger, upload });")
    assert "import {" not in code
