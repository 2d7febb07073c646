"""Labels in a real browser: why one, two compared, many searched, none known."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.helpers.explore import ANSWER, APP, drawn_map
from tests.helpers.page import LABELS

pytestmark = pytest.mark.browser


def test_a_click_on_a_label_asks_why_and_two_are_compared(page, explanation):
    first, second = (name for name, _ in explanation.top(2))
    page.locator(".ex-label", has_text=first).click()
    expect(page.locator(".ex-map-facts")).to_contain_text(f"Evidence for {first}", timeout=ANSWER)
    page.get_by_label("Compare two labels").check()
    page.locator(".ex-label", has_text=second).click()
    page.locator(".ex-labels select").select_option("more")
    drawn, _ = drawn_map(page)
    one, other = (explanation.relevance(name).ravel() for name in (first, second))
    true = np.maximum(0, one / one.sum() - other / other.sum())
    assert np.abs(drawn - true).max() <= 0.05 * true.max()


def test_random_weights_are_asked_for_the_same_map(page, explanation):
    label = explanation.top(1)[0][0]
    page.locator(".ex-label", has_text=label).click()
    page.get_by_role("button", name="Check against random weights").click()
    expect(page.locator(".ex-labels")).to_contain_text("alike (rank correlation)", timeout=ANSWER)


def test_a_model_that_knows_nothing_of_a_sound_says_so(page):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          {APP}.receive({{ ...window.before, abstains: true, threshold: 0.4 }});
        }}"""
    )
    expect(page.locator(".ex-unknown")).to_contain_text("Nothing it knows: no score reaches 0.40")
    expect(page.locator(".ex-label").first).to_be_visible()
    assert "Nothing the model knows" in page.locator(".ex-stage").get_attribute("aria-label")
    page.evaluate(f"{APP}.receive(window.before)")


def test_many_labels_can_be_searched(page):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          const label = (_, i) => ({{ name: `label ${{i}}`, score: 0 }});
          const labels = Array.from({{ length: 527 }}, label);
          {APP}.receive({{ ...window.before, labels }});
        }}"""
    )
    page.get_by_role("searchbox", name="Search labels").fill("LABEL 52")
    expect(page.locator(".ex-label")).to_have_count(8)
    page.evaluate(f"{APP}.receive(window.before)")


def test_labels_of_the_model_are_all_there(page):
    page.get_by_role("button", name=f"Show all {len(LABELS)}").click()
    expect(page.locator(".ex-label")).to_have_count(len(LABELS))
    page.get_by_role("button", name="Show fewer").click()
