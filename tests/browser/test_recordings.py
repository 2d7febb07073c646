"""Recordings from the microphone that do not arrive, in a real browser."""

from __future__ import annotations

import re

import pytest
import soundfile
from playwright.sync_api import expect

from ast_demo.ui.services.limits import MEGABYTE
from tests.helpers.page import serving

pytestmark = pytest.mark.browser

PATIENCE = 60_000  # milliseconds; other work may share the machine
UPLOADS = re.compile(r"/upload(\?|$)")
NO_ROOM = "There is no room for more sounds just now: try again in a few minutes."
expect.set_options(timeout=PATIENCE)


def refuse(route):
    route.fulfill(status=507, json={"detail": NO_ROOM})


def wait_for_picture(page):
    expect(page.locator(".ex-title")).to_have_text("Recording")
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready")


def record_in_explore(page):
    page.locator("#recorder").get_by_role("button", name="Record").click()
    expect(page.locator(".recorder-clock")).to_have_text("0:02")
    page.get_by_role("button", name="Stop").click()


def record_in_timeline(page):
    page.get_by_role("tab", name="Timeline").click()
    page.locator(".timeline").get_by_role("button", name="Record", exact=True).click()
    finish = page.get_by_role("button", name=re.compile("Finish"))
    expect(finish).to_have_text(re.compile("0:0[2-9]"))
    finish.click()


def saved_seconds(page) -> float:
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save recording").click()
    assert saved.value.suggested_filename == "recording.wav"
    return soundfile.info(saved.value.path()).duration


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (lambda route: route.abort("internetdisconnected"), "the server cannot be reached"),
        (refuse, NO_ROOM),
    ],
    ids=["no network", "no room"],
)
def test_a_recording_that_does_not_arrive_is_saved_and_sent_again(visit, failure, told):
    page = visit(may_complain=True)
    page.route(UPLOADS, failure)
    record_in_explore(page)
    expect(page.locator("#recorder").get_by_role("alert")).to_contain_text(told)
    assert saved_seconds(page) > 1.5
    again = page.get_by_role("button", name="Try again")
    again.click()
    expect(again).to_be_visible()  # it failed again, and nothing is lost
    page.unroute(UPLOADS)
    again.click()
    wait_for_picture(page)
    expect(again).to_be_hidden()
    expect(page.locator("#recorder").get_by_role("alert")).to_be_hidden()


def test_a_recording_is_kept_until_the_next_one(visit):
    page = visit(may_complain=True)
    page.route(UPLOADS, refuse)
    record_in_explore(page)
    save = page.get_by_role("button", name="Save recording")
    expect(save).to_be_visible()
    page.evaluate("""() => {
      const devices = navigator.mediaDevices;
      const open = devices.getUserMedia.bind(devices);
      devices.getUserMedia = () => {
        devices.getUserMedia = open;
        return Promise.reject(new DOMException("", "NotFoundError"));
      };
    }""")
    record = page.locator("#recorder").get_by_role("button", name="Record", exact=True)
    record.click()  # no microphone: the recording before is still there
    expect(page.locator("#recorder").get_by_role("alert")).to_contain_text("No microphone")
    expect(save).to_be_visible()
    record.click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(save).to_be_hidden()


def test_in_the_timeline_it_is_saved_and_sent_again(visit):
    page = visit(may_complain=True)
    page.route(UPLOADS, refuse)
    record_in_timeline(page)
    timeline = page.locator(".timeline")
    expect(timeline.locator(".in-error")).to_contain_text(NO_ROOM)
    assert saved_seconds(page) > 1.5
    page.unroute(UPLOADS)
    page.get_by_role("button", name="Try again").click()
    expect(timeline).to_have_attribute("data-state", "ready")
    expect(timeline.locator(".tl-title")).to_have_text("recording.wav")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def test_a_recording_ends_where_the_host_takes_no_more_and_arrives(chromium, checkpoint, tmp_path):
    with serving(tmp_path, "--model", str(checkpoint), AST_FILE_MEGABYTES="1") as server:
        context = chromium.new_context(permissions=["microphone"])
        page = context.new_page()
        page.goto(server.url)
        page.locator("#recorder").get_by_role("button", name="Record").click()
        wait_for_picture(page)
        sizes = [path.stat().st_size for path in server.uploads.rglob("recording.wav")]
        context.close()
    assert len(sizes) == 1
    assert MEGABYTE - 4096 < sizes[0] <= MEGABYTE
