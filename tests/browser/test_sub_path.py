"""The page behind a proxy that serves it under a path."""

from __future__ import annotations

import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import expect

from tests.helpers.balancer import Balancer
from tests.helpers.page import Complaints, serving

pytestmark = pytest.mark.browser

PATIENCE = 120_000  # milliseconds; other work may share the machine


@pytest.fixture(scope="module")
def below(checkpoint, tmp_path_factory):
    """The address of the page, /sounds/ of a proxy."""
    chosen = ("--model", str(checkpoint), "--device", "cpu")
    folder = tmp_path_factory.mktemp("below")
    with serving(folder, *chosen, GRADIO_ROOT_PATH="/sounds") as running:
        port = int(running.url.rstrip("/").rsplit(":", 1)[1])
        proxy = Balancer([port], prefix="/sounds")
        yield proxy.url + "/"
        proxy.close()


def test_sounds_are_uploaded_explained_and_played_under_a_path(chromium, below, sound_file):
    context = chromium.new_context()
    page, complaints = context.new_page(), Complaints(below)
    complaints.watch(page)
    page.goto(below)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a sound").click()
    with page.expect_response(lambda answer: "/file=" in answer.url) as played:
        chooser.value.set_files(sound_file("tone.wav"))
    expect(page.locator(".ex-title")).to_contain_text("tone.wav", timeout=PATIENCE)
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    assert played.value.status in (200, 206)
    context.close()
    assert complaints.errors == []
    assert complaints.external == []


def test_the_python_client_finds_the_page_under_a_path(below, sound_file):
    client = Client(below, verbose=False)
    answer = client.predict(audio=handle_file(str(sound_file())), api_name="/classify")
    assert answer["model"] == "small-random"
