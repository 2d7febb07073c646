"""The page as links to it show it."""

import pytest

from ast_demo.ui.page import SENTENCE, TABS, build_page, preview_address
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services


def test_a_link_preview_has_title_and_sentence():
    config = build_page(Services.create(Limits())).get_config_file()
    assert (config["title"], config["simple_description"]) == ("AST Explorer", SENTENCE)


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ""),
        (
            {"SPACE_ID": "someone/ast"},
            "https://huggingface.co/spaces/someone/ast/resolve/main/assets/preview.png",
        ),
    ],
)
def test_only_a_space_has_a_picture_with_an_address(environment, address):
    assert preview_address(environment) == address


def test_tabs_come_in_the_order_of_a_first_visit():
    names = [build.__name__.removeprefix("build_").removesuffix("_tab") for build in TABS]
    assert names == ["live", "timeline", "learn", "check", "model"]
