"""Sounds played in a real browser, and the window dragged over a longer one."""

import base64
import io

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from ast_demo.explain import resynthesis
from tests.helpers.explore import ANSWER, APP, change, chirp, open_sound, place_of
from tests.helpers.page import SAMPLING_RATE

pytestmark = pytest.mark.browser


def test_one_player_of_the_page_sounds_at_a_time(page):
    page.get_by_role("button", name="Play sound").click()
    page.wait_for_function(f"{APP}.state.playing > 5", timeout=ANSWER)
    page.evaluate(
        """() => {
          const other = document.body.appendChild(document.createElement('audio'));
          other.dispatchEvent(new Event('play'));
          other.remove();
        }"""
    )
    expect(page.get_by_role("button", name="Play sound")).to_be_visible()


def test_the_sound_plays_with_a_running_cursor_and_a_click_seeks(page):
    page.get_by_role("button", name="Play sound").click()
    page.wait_for_function(f"{APP}.state.playing > 20", timeout=ANSWER)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.mouse.click(*place_of(page, 60, 200))
    assert page.evaluate(f"{APP}.state.playing") == pytest.approx(200, abs=1)


def test_a_patch_sounds_as_python_cuts_it(page, explanation):
    change(page, patch={"f": 2, "t": 8})
    answer = page.evaluate(
        f"{APP}.answers.ask('audio', {{ id: {APP}.sound.id, what: 'patch', f: 2, t: 8 }})"
    )
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(answer["wav"])), dtype="float32")
    start, end = explanation.grid.seconds(8)
    mask = resynthesis.patch_mask(explanation.grid, 2, 8)
    kept = resynthesis.apply_mask(explanation.waveform, mask)[
        round(start * rate) : round(end * rate)
    ]
    assert rate == SAMPLING_RATE
    assert answer["start"] == pytest.approx(start)
    assert np.abs(heard - kept).max() < 2 / 2**15
    page.get_by_role("button", name="Play this patch").click()
    expect(page.locator(".ex-listen [role=status]")).to_contain_text("peak", timeout=ANSWER)


def test_the_window_is_dragged_over_a_longer_sound(chromium, server, tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(chirp(), 5), SAMPLING_RATE, subtype="PCM_16")
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, complaints = open_sound(context, server, path)
    expect(page.get_by_role("button", name="Timeline hears all of it")).to_be_visible()
    part = page.get_by_role("slider", name="Part of the sound in the picture")
    box = part.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=5)
    page.mouse.up()
    expect(page.locator(".ex-notes")).to_contain_text("13.00 s long, 5.2", timeout=ANSWER)
    assert page.evaluate(f"{APP}.sound.payload.waveform.start") == pytest.approx(5.23, abs=0.2)
    page.get_by_role("button", name="Timeline hears all of it").click()
    expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "true")
    context.close()
    assert complaints.errors == []
