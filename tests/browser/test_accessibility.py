"""Every tab as axe reads it, in light and dark, once it has something to show."""

import pytest

pytestmark = pytest.mark.browser

PATIENCE = 90_000  # milliseconds on a busy machine
STILL = "*, ::before, ::after { transition: none !important; }"  # no colours half-way


def explore(page):
    """Ask for the evidence for a label, choose a patch and a layer of the opening example."""
    page.locator(".ex-label").first.click(timeout=PATIENCE)
    page.locator(".ex-legend-heat", has_text="evidence for").wait_for(timeout=PATIENCE)
    page.locator(".ex-stage").click(position={"x": 300, "y": 100})
    page.get_by_role("radio", name="Layer and head", exact=True).check()
    page.get_by_text("Appearance", exact=True).click()


def live(page):
    """Listen until labels come, with the attention on."""
    page.get_by_role("button", name="Listen", exact=True).click()
    page.locator(".live-label").first.wait_for(timeout=PATIENCE)
    page.get_by_role("group", name="Attention", exact=True).get_by_label("on", exact=True).check()
    page.get_by_role("button", name="Stop", exact=True).click()


def timeline(page):
    """Hear the examples in a row and choose a window."""
    page.get_by_role("button", name="Try the examples in a row").click()
    page.locator(".timeline[data-state=ready][data-busy=false]").wait_for(timeout=PATIENCE)
    page.locator(".tl-scroller").click(position={"x": 400, "y": 100})


def learn(page):
    """Wait for the first step; test_learn.py visits the others."""
    page.locator(".learn[data-state=ready]").wait_for(timeout=PATIENCE)


def check(page):
    """Check the sound that Explore shows."""
    page.locator(".ck-source select").select_option("explore")
    page.locator(".ck-run button").click()
    page.locator(".check[data-state=ready][data-busy=false]").wait_for(timeout=PATIENCE)


def model(page):
    """Choose a model that brings a card."""
    page.get_by_label("Model", exact=True).click()
    page.get_by_role("option", name="everyday-sounds").click()
    page.get_by_role("heading", name="everyday-sounds").wait_for(timeout=PATIENCE)


VIEWS = {
    "Explore": explore,
    "Live": live,
    "Timeline": timeline,
    "Learn": learn,
    "Check": check,
    "Model": model,
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_tab(visit, theme):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(theme=theme)
    page.add_style_tag(content=STILL)
    found = []
    for view, fill in VIEWS.items():
        page.get_by_role("tab", name=view, exact=True).click()
        fill(page)
        for rule in Axe().run(page).response["violations"]:
            found += [(view, rule["id"], node["html"][:200]) for node in rule["nodes"]]
    assert found == []
