"""The deletion test in a real browser."""

import numpy as np
import pytest
from playwright.sync_api import expect

from ast_demo.explain.faithfulness import deletion_test
from tests.helpers.explore import ANSWER, change

pytestmark = pytest.mark.browser


def test_the_deletion_test_draws_the_curves_that_python_finds(page, explanation):
    change(page, heat="rollout", labels=["Rain"], filling="mean")
    page.get_by_role("button", name="Run the test").click()
    expect(page.locator(".ex-plot")).to_be_visible(timeout=ANSWER)
    true = deletion_test(explanation, explanation.rollout, "Rain")
    page.locator(".ex-deletion").get_by_text("The numbers", exact=True).click()
    expect(page.locator(".ex-deletion tr")).to_have_count(1 + len(true.shares))
    rows = page.locator(".ex-deletion tr").all_inner_texts()[1:]
    expect(page.locator(".ex-deletion")).to_contain_text(f"{abs(true.gain):.3f} of the starting")
    shown = np.array([[float(cell) for cell in row.split("\t")[1:]] for row in rows])
    expected = np.stack([true.hottest, true.random, true.coldest], axis=1)
    assert np.abs(shown - expected).max() < 0.002
    expect(page.locator(".ex-deletion [role=status]")).to_have_text(true.verdict)
    expect(page.locator(".ex-about")).to_contain_text("For attention rollout; score of Rain")
    change(page, labels=["Dog"])
    expect(page.locator(".ex-deletion")).to_have_attribute("data-stale", "true")
    expect(page.locator(".ex-about")).to_contain_text("Run the test again")


def test_a_running_deletion_test_is_cancelled_here_and_on_the_server(page):
    asked, held = [], []

    def asks_for(request) -> str:
        return request.post_data_json["fn_name"] if "component_server" in request.url else ""

    def hold(route):
        held.append(route) if asks_for(route.request) == "deletion" else route.continue_()

    page.on("request", lambda request: asked.append(asks_for(request)))
    page.route("**/component_server**", hold)
    change(page, heat="rollout")
    page.get_by_role("button", name="Run the test").click()
    expect(page.get_by_role("button", name="Run the test")).to_be_disabled()
    with page.expect_request(lambda request: asks_for(request) == "cancel"):
        page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(".ex-deletion [role=status]")).to_have_text("Cancelled.")
    expect(page.get_by_role("button", name="Run the test")).to_be_enabled()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden()
    assert [name for name in asked if name] == ["deletion", "cancel"]
    for route in held:
        route.continue_()
    page.unroute("**/component_server**")
