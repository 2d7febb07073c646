"""A whole session, and every kind of call of a client, meets no closed door."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest
import soundfile
from gradio_client import Client, handle_file
from playwright.sync_api import expect

from tests.helpers.page import SAMPLING_RATE, choose_file, serving, tone

pytestmark = pytest.mark.browser

PATIENCE = 120_000  # milliseconds; other work may share the machine
# The page looks there whether more could be had, whatever it was started with.
ASKED_IN_VAIN = {"/gradio_api/mcp/schema", "/monitoring/summary"}


@pytest.fixture(scope="module")
def guarded(checkpoint, tmp_path_factory):
    """The page behind a name and a password."""
    chosen = ("--model", str(checkpoint), "--device", "cpu", "--password", "teacher:chalk")
    with serving(tmp_path_factory.mktemp("guarded"), *chosen) as running:
        yield running


@pytest.fixture
def long_sound(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(440.0, 500.0), SAMPLING_RATE, subtype="PCM_16")
    return path


def wait_for_picture(page, title: str) -> None:
    expect(page.locator(".ex-title")).to_contain_text(title, timeout=PATIENCE)
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready", timeout=PATIENCE)


def log_in(page) -> None:
    page.get_by_label("username").fill("teacher")
    page.get_by_label("password").fill("chalk")
    page.get_by_role("button", name="Login").click()
    page.get_by_role("button", name="Upload a sound").wait_for(timeout=PATIENCE)


def test_a_whole_session_of_the_page_uses_open_routes_alone(
    chromium, guarded, sound_file, long_sound
):
    context = chromium.new_context(permissions=["microphone"], accept_downloads=True)
    page, closed = context.new_page(), Counter()

    def note(response):
        if response.status in (403, 404, 405, 421, 422):
            closed[urlsplit(response.url).path] += 1

    page.on("response", note)
    page.goto(guarded.url)
    log_in(page)
    page.get_by_role("button", name="Record", exact=True).click()
    recording = page.get_by_role("button", name="Stop", exact=True)
    recording.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1500)  # of sound
    recording.click()
    wait_for_picture(page, "Recording")
    choose_file(page, "Upload a sound", sound_file("short.wav"))
    wait_for_picture(page, "short.wav")
    page.get_by_role("button", name="Siren", exact=True).click()
    wait_for_picture(page, "Siren")
    page.get_by_role("tab", name="Model").click()
    expect(page.locator("#about-facts")).to_contain_text("Labels", timeout=PATIENCE)
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Listen").click()
    moment = page.get_by_role("button", name="Explain this moment")
    expect(moment).to_be_enabled(timeout=PATIENCE)
    page.wait_for_timeout(1500)  # of sound
    moment.click()
    wait_for_picture(page, "Live")
    page.get_by_role("tab", name="Timeline").click()
    choose_file(page, "Upload a recording", long_sound)
    page.get_by_role("button", name="Cancel").click(timeout=PATIENCE)
    choose_file(page, "Upload a recording", sound_file("short.wav"))
    expect(page.locator(".timeline")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    page.get_by_role("button", name="API").first.click()
    expect(page.get_by_text("/classify").first).to_be_visible(timeout=PATIENCE)
    context.close()
    assert set(closed) <= ASKED_IN_VAIN, closed


def test_every_kind_of_call_of_the_python_client_is_answered(guarded, sound_file, capfd):
    client = Client(guarded.url, auth=("teacher", "chalk"), verbose=False)
    assert "/classify" in str(client.view_api(return_format="dict"))
    for endpoint in ("/classify", "/explain", "/timeline"):
        sound = handle_file(str(sound_file()))
        assert client.predict(audio=sound, api_name=endpoint)["model"] == "small-random"
    job = client.submit(audio=handle_file(str(sound_file())), api_name="/timeline")
    job.cancel()
    client.reset_session()
    client.close()
    assert "404" not in capfd.readouterr().err
