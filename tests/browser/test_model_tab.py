"""The Model tab in a browser: what listens, in numbers, and the card of a bundled model."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_model_tab_tells_what_listens_and_follows_the_picker(visit):
    page = visit()
    page.get_by_role("tab", name="Model").click()
    facts = page.locator("#about-facts")
    expect(facts).to_contain_text("3 layers of 2 heads, 64 wide", timeout=60_000)
    expect(page.locator("#about-card")).to_contain_text("brings no card of its own")
    page.get_by_label("Model", exact=True).click()
    page.get_by_role("option", name="everyday-sounds").click()
    expect(facts).to_contain_text("everyday-sounds (bundled)", timeout=60_000)
    expect(page.get_by_role("heading", name="Known failures")).to_be_visible()
    expect(page.locator("#about-figures").get_by_role("img", name="reliability")).to_be_visible()
