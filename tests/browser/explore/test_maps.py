"""Rollout, layers and heads in a real browser, compared with Python's maps."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.helpers.explore import ANSWER, APP, change, drawn_map

pytestmark = pytest.mark.browser


def test_every_pooled_map_equals_the_explanation(page, explanation):
    layers, heads = 3, 2
    change(page, heat="rollout")
    drawn, highest = drawn_map(page)
    assert np.abs(drawn - explanation.rollout.ravel()).max() <= highest / 255
    for layer in range(layers):
        for head in range(-1, heads):
            change(page, heat="layer", layer=layer, head=head)
            drawn, highest = drawn_map(page)
            true = explanation.attention(layer, None if head < 0 else head).ravel()
            assert np.abs(drawn - true).max() <= 1.5 * highest / 255, (layer, head)


def test_maps_seen_from_a_patch_and_for_a_label_equal_the_explanation(page, explanation):
    token = explanation.grid.token(6, 10)
    change(page, heat="layer", layer=1, head=1, patch={"f": 6, "t": 10}, **{"from": "patch"})
    drawn, highest = drawn_map(page)
    true = explanation.attention(1, 1, token).ravel()
    assert np.abs(drawn - true).max() <= highest / 255
    change(page, heat="label", labels=["Siren"])
    drawn, highest = drawn_map(page)
    true = explanation.relevance("Siren").ravel()
    assert np.abs(drawn - true).max() <= highest / 255 + 1e-6


def test_the_sheet_opens_a_head_and_shares_a_scale(page, explanation):
    page.get_by_role("button", name="Layer 2, head 1", exact=True).click()
    state = page.evaluate(f"{APP}.state")
    assert (state["heat"], state["layer"], state["head"]) == ("layer", 2, 1)
    page.get_by_label("One for all", exact=True).check()
    ceiling, highest = page.evaluate(
        f"[{APP}.heat().ceiling, Math.max(...{APP}.sound.attention.max)]"
    )
    assert ceiling == highest
    facts_line = page.locator(".ex-map-facts")
    expect(facts_line).to_contain_text("scaled to the highest value of all layers and heads")
    expect(facts_line).to_contain_text("effectively spread over")
    expect(facts_line).to_contain_text("on the special tokens")
    page.get_by_label("Own maximum", exact=True).check()
    expect(facts_line).to_contain_text("scaled to its own maximum")
    page.get_by_text("The maps in numbers").click()
    cells = page.get_by_role("region", name="The maps in numbers").locator("td")
    expect(cells).to_have_count(3 * 2)
    highest = explanation.attention(2, 1).max()
    assert float(cells.last.text_content().split(",")[0]) == pytest.approx(highest, rel=0.01)


def test_the_layers_play_one_after_the_other(page):
    change(page, heat="layer", layer=0)
    page.get_by_role("button", name="Play layers").click()
    page.wait_for_function(f"{APP}.state.layer === 2", timeout=ANSWER)
    expect(page.get_by_role("button", name="Play layers")).to_be_visible()
