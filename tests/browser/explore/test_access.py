"""The explorer for those who do not see it, and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.helpers.explore import APP, change, open_sound, place_of

pytestmark = pytest.mark.browser


def test_the_picture_is_described_and_has_a_table(page, explanation):
    best = explanation.top(1)[0][0]
    label = page.locator(".ex-stage").get_attribute("aria-label")
    assert "Spectrogram of chirp.wav" in label
    assert f"Most likely {best}" in label
    assert "Loudest at" in label
    change(page, heat="rollout")
    table = page.get_by_role("region", name="The picture as a table").locator("table")
    if not table.is_visible():
        page.get_by_text("The picture as a table", exact=True).click()
    expect(table.locator("tr")).to_have_count(explanation.grid.freq_patches + 1)
    first = table.locator("tr").last.locator("td").first.text_content()
    mean = explanation.input_values[:50, :16].mean()
    assert float(first.split(",")[0].replace("\u2212", "-")) == pytest.approx(mean, abs=0.01)


def test_a_finger_picks_pans_and_nothing_overflows_on_a_phone(chromium, server, recording):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
        color_scheme="dark",
    )
    page, complaints = open_sound(context, server, recording)
    page.locator(".ex-stage").scroll_into_view_if_needed()
    page.touchscreen.tap(*place_of(page, 60, 40))
    assert page.evaluate(f"{APP}.state.patch") is not None
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_visible()
    card = page.locator(".ex-patch").bounding_box()
    assert card["y"] + card["height"] == pytest.approx(844, abs=2)
    _, middle = place_of(page, 60, 40)
    assert middle < card["y"], "the patch lies above the card"
    page.get_by_role("button", name="Close", exact=True).tap()
    change(page, zoom=2)
    before = page.evaluate(f"{APP}.view.left")
    x, y = place_of(page, 90, 70)
    touch = context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 60, "y": y}]),
        ("touchMove", [{"x": x - 100, "y": y}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function(f"{APP}.view.left > {before} + 20")
    for width in (390, 360):
        page.set_viewport_size({"width": width, "height": 844})
        change(page, heat="layer", grid="outline")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert complaints.external == []
    assert complaints.errors == []
