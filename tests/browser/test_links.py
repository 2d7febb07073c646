"""Links point into the page: a tab, a sound and a view; what they say is read with suspicion."""

import pytest

pytestmark = pytest.mark.browser

SECONDS = 60_000  # milliseconds that a loaded machine may take
STATE = "document.querySelector('.explorer').explorer.state"
MODEL = "document.querySelector('.explorer')?.explorer.sound?.payload.model.name"


def shown(page, title):
    page.locator(".ex-title", has_text=title).wait_for(timeout=SECONDS)
    return page.evaluate(STATE)


def test_a_link_opens_a_sound_with_a_map_and_a_patch(visit, server):
    page = visit(url=f"{server.url}?view=explore&sound=rain&heat=layer&layer=2&head=1&patch=368")
    state = shown(page, "Rain")
    assert (state["heat"], state["layer"], state["head"]) == ("layer", 2, 1)
    assert state["patch"] == {"f": 7, "t": 18}


def test_a_link_asks_for_the_evidence_for_a_label(visit, server):
    page = visit(url=f"{server.url}?view=explore&sound=rain&heat=label&label=Dog")
    state = shown(page, "Rain")
    assert (state["heat"], state["labels"]) == ("label", ["Dog"])


def test_the_view_of_a_link_outlives_the_same_picture_told_once_more(visit, server):
    page = visit(url=f"{server.url}?view=explore&sound=rain&heat=label&label=Dog&patch=368")
    shown(page, "Rain")
    app = "document.querySelector('.explorer').explorer"
    page.evaluate(f"{app}.receive({app}.sound.payload)")  # Gradio tells the last step twice
    first = page.evaluate(f"{app}.sound.id")
    page.locator("#example-rain").click()
    page.wait_for_function(f"{app}.sound.id !== '{first}'", timeout=SECONDS)
    state = page.evaluate(STATE)
    assert (state["heat"], state["labels"]) == ("label", ["Dog"])
    assert state["patch"] == {"f": 7, "t": 18}
    page.locator("#example-siren").click()
    state = shown(page, "Siren")
    assert (state["heat"], state["labels"], state["patch"]) == ("rollout", [], None)


def test_what_a_sound_does_not_have_is_left_out(visit, server):
    page = visit(
        url=f"{server.url}?view=explore&sound=rain&heat=label&label=Unicorn&layer=99&patch=99999"
    )
    state = shown(page, "Rain")
    assert (state["heat"], state["layer"], state["labels"]) == ("rollout", 2, [])
    assert state["patch"] is None


def test_a_copied_link_comes_back_to_the_view(visit, server):
    settings = "model=small-random&sound=rain&heat=layer&layer=2&head=1&patch=368"
    page = visit(url=f"{server.url}?view=explore&{settings}")
    shown(page, "Rain")
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("window.copied", timeout=SECONDS)
    assert page.evaluate("window.copied.split('?')[1]") == f"view=explore&{settings}"


@pytest.mark.parametrize("view", ["live", "timeline", "learn", "check", "model-card"])
def test_a_link_opens_its_tab(visit, server, view):
    page = visit(url=f"{server.url}?view={view}")
    page.locator(f"#{view}-tab").wait_for(timeout=SECONDS)


def test_a_link_chooses_a_model_that_is_offered(visit, server):
    page = visit(url=f"{server.url}?view=explore&model=speech-commands")
    page.wait_for_function(
        "document.querySelector('#model input')?.value.includes('speech-commands')", timeout=SECONDS
    )


@pytest.mark.parametrize(("sound", "title"), [("&sound=rain", "Rain"), ("", "Siren")])
def test_a_link_to_another_model_restores_its_view_once_that_is_loaded(visit, server, sound, title):
    view = "model=speech-commands&heat=label&label=yes&patch=100"
    page = visit(url=f"{server.url}?view=explore&{view}{sound}")
    page.wait_for_function(f"{MODEL} === 'speech-commands'", timeout=SECONDS)
    state = shown(page, title)
    assert (state["heat"], state["labels"]) == ("label", ["yes"])
    assert state["patch"] == {"f": 8, "t": 4}


def test_a_link_to_a_layer_survives_a_first_model_that_has_fewer(visit, server):
    view = "model=speech-commands&sound=rain&heat=layer&layer=5"
    page = visit(url=f"{server.url}?view=explore&{view}")
    page.wait_for_function(f"{MODEL} === 'speech-commands'", timeout=SECONDS)
    assert shown(page, "Rain")["layer"] == 5
