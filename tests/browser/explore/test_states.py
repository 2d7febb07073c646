"""Busy, failed, forgotten, cleared, hostile: the explorer shows it and goes on."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.helpers.explore import ANSWER, APP, change, drawn_map, open_sound
from tests.helpers.page import choose_file

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}{{value}}"


def test_hostile_titles_and_labels_show_as_text(page):
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.evaluate(
        f"""(hostile) => {{
          const app = {APP};
          window.before = app.sound.payload;
          const labels = structuredClone(app.sound.payload.labels);
          labels[0].name = hostile;
          app.receive({{ ...app.sound.payload, title: hostile, notes: [hostile], labels }});
        }}""",
        HOSTILE,
    )
    expect(page.locator(".ex-title")).to_have_text(HOSTILE)
    expect(page.locator(".ex-notes")).to_have_text(HOSTILE)
    expect(page.locator(".ex-label .ex-name").first).to_have_text(HOSTILE)
    assert page.locator(".explorer img").count() == 0
    change(page, heat="rollout")
    assert HOSTILE in page.evaluate("document.querySelector('.ex-code').textContent")
    page.evaluate(f"{APP}.receive(window.before)")
    assert dialogs == []


def test_a_sound_that_is_no_longer_kept_is_explained_anew(page, explanation):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          {APP}.receive({{ ...window.before, id: 'e'.repeat(32) }});
        }}"""
    )
    change(page, heat="label", labels=["Dog"])
    drawn, highest = drawn_map(page)
    assert np.abs(drawn - explanation.relevance("Dog").ravel()).max() <= highest / 255 + 1e-6
    page.evaluate(f"{APP}.receive(window.before)")


def test_a_sound_that_can_be_had_nowhere_any_more_says_so(page):
    page.evaluate(
        f"""() => {{
          window.before = {APP}.sound.payload;
          {APP}.receive({{ ...window.before, id: 'f'.repeat(32), source: null }});
        }}"""
    )
    change(page, heat="label", labels=["Dog"])
    expect(page.locator(".ex-map-facts")).to_contain_text("no longer kept", timeout=ANSWER)
    page.evaluate(f"{APP}.receive(window.before)")


def test_busy_and_failed_keep_the_picture_and_an_empty_one_invites(page):
    page.evaluate(f"window.before = {APP}.sound.payload")
    page.evaluate(f"{APP}.receive({{ status: 'busy', stage: 'Listening' }})")
    expect(page.locator(".ex-busy")).to_have_text("Listening")
    page.evaluate(f"{APP}.receive({{ status: 'error', message: 'Too short: record again.' }})")
    expect(page.get_by_role("alert").filter(has_text="Too short")).to_be_visible()
    expect(page.locator(".ex-title")).to_have_text("chirp.wav")
    page.evaluate(f"{APP}.receive(null)")
    expect(page.locator(".ex-invite")).to_be_visible()
    expect(page.locator(".ex-panels")).to_be_hidden()
    page.evaluate(f"{APP}.receive(window.before)")


def test_clearing_the_sound_empties_the_explorer(chromium, server, recording):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, complaints = open_sound(context, server, recording)
    page.get_by_role("button", name="Clear the sound").click()
    expect(page.locator(".ex-invite")).to_be_visible(timeout=ANSWER)
    expect(page.locator(".ex-panels")).to_be_hidden()
    context.close()
    assert complaints.errors == []


def test_a_second_sound_is_shown_though_the_first_is_still_on_its_way(
    chromium, server, recording, tmp_path
):
    later = tmp_path / "later.wav"
    later.write_bytes(recording.read_bytes())
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, complaints = open_sound(context, server, recording)
    held = []
    page.route("**/queue/data*", lambda route: held.append(route))
    for path in (recording, later):
        with page.expect_request("**/queue/join*"):
            choose_file(page, "Upload a sound", path)
        expect(page.get_by_role("button", name="Upload a sound")).to_be_enabled(timeout=ANSWER)
    for route in held:
        route.continue_()
    expect(page.locator(".ex-title")).to_have_text("later.wav", timeout=ANSWER)
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready", timeout=ANSWER)
    context.close()
    assert complaints.errors == []
