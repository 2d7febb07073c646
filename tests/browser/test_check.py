"""The Check tab in a real browser: bars, run, verdicts, sounds to hear, a ZIP, a report."""

from __future__ import annotations

import functools
import io
import zipfile

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from tests.helpers.listening_model import LABELS, SAMPLING_RATE, sound

pytestmark = pytest.mark.browser

PATIENCE = 120_000  # milliseconds; other work may share the machine
expect.set_options(timeout=PATIENCE)
HOSTILE_NAME = "<img src=x onerror=alert(1)>.wav"
AWKWARD_NAME = "bark #1?, 100%41.wav"  # what an address gives a meaning of its own


@pytest.fixture
def open_check(chromium, open_view):
    """Open the Check tab."""
    return functools.partial(open_view, "Check", chromium)


@pytest.fixture
def archive(tmp_path):
    """A ZIP with two labelled clips and one that is no sound, under a name in markup."""
    rng, file = np.random.default_rng(1), tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as packed:
        for label in LABELS[:2]:
            content = io.BytesIO()
            soundfile.write(content, sound(label, 1.295, rng), SAMPLING_RATE, format="WAV")
            packed.writestr(f"{label}/{AWKWARD_NAME}", content.getvalue())
        packed.writestr(f"Hiss/{HOSTILE_NAME}", b"no sound")
    return file


def take_file(page, path, name):
    """Choose a source that asks for a file, and give it one."""
    with page.expect_file_chooser(timeout=PATIENCE) as chooser:
        page.locator(".ck-source select").select_option(name)
    chooser.value.set_files(path)


def run(page):
    page.locator(".ck-run button").click()
    expect(page.locator(".check")).to_have_attribute("data-state", "ready")
    expect(page.locator(".ck-work")).to_be_hidden()


def test_a_sound_is_bent_heard_looked_at_and_opened(open_check, tmp_path):
    page = open_check()
    file = tmp_path / "high tone.wav"
    waveform = sound("High tone", 1.295, np.random.default_rng(0))
    soundfile.write(file, waveform, SAMPLING_RATE)
    take_file(page, file, "sound")
    expect(page.locator(".ck-chosen")).to_contain_text("high tone.wav")
    run(page)
    expect(page.locator(".ck-verdicts")).to_contain_text("bit by bit the same")
    page.locator(".ck-curves").get_by_role("button", name="white noise 10 dB SNR").click()
    detail = page.get_by_label("Chosen strength")
    detail.get_by_role("button", name="Play", exact=True).click()
    expect(detail.locator(".ck-note")).to_have_text("white noise 10 dB SNR")
    detail.get_by_role("button", name="Maps side by side").click()
    expect(detail.locator("canvas")).to_have_count(2)
    detail.get_by_role("button", name="Open in Explore").click()
    explorer = page.locator("#explorer")
    expect(explorer).to_contain_text("high tone.wav, white noise 10 dB SNR")


def test_the_sound_that_is_open_in_explore_is_checked_and_none_is_an_error(open_check):
    page = open_check()
    page.locator(".ck-source select").select_option("explore")
    run(page)
    expect(page.locator(".ck-verdicts")).to_contain_text("bit by bit the same")
    page.get_by_role("tab", name="Explore").click()
    page.get_by_role("button", name="Clear the sound").click()
    page.get_by_role("tab", name="Check").click()
    page.locator(".ck-run button").click()
    expect(page.locator(".check .in-error")).to_contain_text("no sound open in Explore")


def test_a_zip_gives_a_matrix_whose_cells_list_clips_and_names_stay_text(open_check, archive):
    page = open_check()
    take_file(page, archive, "zip")
    expect(page.locator(".ck-chosen")).to_contain_text("clips.zip")
    run(page)
    clips = page.locator(".ck-clips")
    expect(clips).to_contain_text(f"Not read: Hiss/{HOSTILE_NAME}")
    clips.locator(".ck-count").first.click()
    expect(clips.locator(".ck-cell")).to_contain_text(f"Low tone/{AWKWARD_NAME}")
    expect(clips.locator("img")).to_have_count(0)
    with page.expect_response(lambda answer: "gradio_api/file=" in answer.url) as heard:
        clips.locator(".ck-cell").get_by_role("button", name="Play").click()
    assert heard.value.ok
    page.wait_for_function("document.querySelector('.ck-audio').duration > 1")
    expect(page.locator(".check .in-error")).to_be_hidden()


def test_a_report_is_downloaded(open_check):
    page = open_check()
    page.locator(".ck-source select").select_option("examples")
    run(page)
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator(".ck-downloads").get_by_role("button", name="HTML").click()
    assert download.value.suggested_filename.startswith("check-")


def test_a_running_check_can_be_given_up(open_check):
    page = open_check()
    page.locator('.ck-size input[value="full"]').check()
    page.locator(".ck-run button").click()
    page.locator(".ck-cancel button").click()
    expect(page.locator(".ck-work")).to_be_hidden()
    expect(page.locator(".ck-run button")).to_be_enabled()


def test_runs_that_are_given_up_make_way_for_the_next(open_check):
    page = open_check()
    held = []  # Gradio's way to cancel: until it is answered, the page counts a run as pending
    page.route("**/cancel", lambda route: held.append(route))
    sizes = page.locator(".ck-size input")
    sizes.nth(1).check()  # full: it would take the page's whole time
    page.locator(".ck-box input").check()
    for _ in range(3):
        page.locator(".ck-run button").click()
        expect(page.locator(".ck-stage")).not_to_contain_text("Waiting for the server")
        page.locator(".ck-cancel button").click()
    sizes.nth(0).check()
    page.locator(".ck-box input").uncheck()
    run(page)
    for route in held:
        route.fulfill(json={"success": True})
