"""The Live tab in a real browser whose microphone plays sounds at known times."""

from __future__ import annotations

import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from ast_demo.benchmark.live import LAGS_AND_RESTARTS, WINDOW_IS_FULL
from tests.helpers.listening_model import LISTENER, SAMPLING_RATE, scene
from tests.helpers.live import PATIENCE, inside, listen, wait_for
from tests.helpers.page import serving

GONE = re.compile("server (cannot be reached|is closing)")

pytestmark = pytest.mark.browser

SOUNDS = [(1.0, 1.8, "Low tone"), (4.0, 4.8, "High tone"), (7.0, 7.8, "Hiss")]
ROUND = 9.0  # seconds after which the microphone's file begins again
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def ears(launch):
    """A browser that hears the three sounds over and over."""
    return launch(scene(SOUNDS, ROUND))


def test_known_sounds_are_heard_at_their_times(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "new Set(live.heard.entries.map((entry) => entry.label)).size === 3")
    wait_for(page, "live.heard.entries.length >= 6")
    entries = sorted(inside(page, "heard.entries"), key=lambda entry: entry["from"])
    entries = [entry for entry in entries if entry["peak"] > 0.7]  # sounds, not their last breath
    begun = {start: label for start, _, label in SOUNDS}
    first = next(entry for entry in entries[1:] if entry["label"] == "Low tone")
    before = None
    for entry in entries[1:]:  # the first sound may have begun before we listened
        if entry["label"] != before:  # a busy machine may leave out a look in the midst of a sound
            since = (entry["from"] - first["from"] + SOUNDS[0][0] + 0.8) % ROUND - 0.8
            nearest = min(begun, key=lambda start: abs(start - since))
            assert begun[nearest] == entry["label"], str(entries)
            assert since == pytest.approx(nearest, abs=0.8), str(entries)
        before = entry["label"]
    assert max(entry["peak"] for entry in entries) > 0.8


def test_the_picture_shows_the_sound_at_its_height(launch, open_live):
    time_axis = np.arange(SAMPLING_RATE * 2) / SAMPLING_RATE
    page = open_live(launch((0.3 * np.sin(2 * np.pi * 1000 * time_axis)).astype(np.float32)))
    listen(page)
    wait_for(page, "live.answer && live.answer.filled >= 120")
    brightest = page.evaluate("""() => {
      const canvas = document.querySelector('.live-picture');
      const ratio = canvas.width / canvas.clientWidth;
      const pen = canvas.getContext('2d');
      let best = [0, 0];
      for (let y = 4; y < 380; y++) {
        const cell = pen.getImageData(Math.round(203 * ratio), Math.round(y * ratio), 1, 1).data;
        const light = cell[0] + cell[1] + cell[2];
        if (light > best[1]) best = [y, light];
      }
      return best[0];
    }""")
    mel_bin = 127 - brightest / 3
    assert mel_bin == pytest.approx(43, abs=2)  # the filter whose centre is nearest to 1 kHz


def test_silence_is_shown_as_silence(launch, open_live):
    page = open_live(launch(np.zeros(SAMPLING_RATE * 3, np.float32)))
    listen(page)
    expect(page.locator(".live-headline")).to_have_text("Silence", timeout=PATIENCE)
    wait_for(page, "live.answer.filled >= 128")
    assert inside(page, "heard.entries") == []
    assert "Silence" in page.locator(".live-headline").text_content()


def test_the_view_tells_its_delay_its_pace_and_when_it_stops(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.gauges.lags.length > 3")
    status = page.locator(".live-status")
    told = re.compile(
        r"delay \d+\.\d\d s · \d+\.\d updates a second · model .* · auto-stop in \d+:\d\d"
    )
    expect(status).to_have_text(told, timeout=PATIENCE)


def test_the_benchmark_finds_its_figures_in_the_view(ears, open_live):
    page = open_live(ears)
    listen(page)
    page.wait_for_function(WINDOW_IS_FULL, timeout=PATIENCE)
    lags, restarts = page.evaluate(LAGS_AND_RESTARTS)
    assert lags
    assert restarts >= 0


def test_pausing_sends_nothing_and_resuming_starts_the_window_afresh(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.answer && live.answer.filled > 60")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".live")).to_have_attribute("data-state", "paused")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.wait_for_timeout(1500)
    assert [url for url in requests if "component_server" in url] == []
    page.get_by_role("button", name="Resume").click()
    wait_for(page, "live.answer.restarts > 0")
    assert re.search(r"\d\.\d s left out \(paused\)", inside(page, "answer.notes.at(-1)"))


def test_nothing_is_lost_when_the_server_forgets_the_stream_during_a_pause(ears, open_live):
    page = open_live(ears)
    listen(page)
    page.get_by_label("Label to watch").fill("Hiss")
    wait_for(page, "live.heard.entries.some((entry) => entry.label === 'Hiss')")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".live")).to_have_attribute("data-state", "paused")
    told, kept = inside(page, "heard.entries"), inside(page, "kept.seconds")
    heard = inside(page, "answer.seconds")
    key = inside(page, "stream.key")
    inside(page, f"stream.server.live_end({{ key: '{key}' }})")  # as by itself after a while
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Resume").click()
    wait_for(page, f"live.answer && live.answer.seconds > {heard} + 1.5")
    assert re.search(r"\d\.\d s left out \(paused\)", page.locator(".live-notes").text_content())
    assert inside(page, "heard.entries")[-len(told) :] == told
    assert inside(page, "kept.seconds") > kept
    expect(page.get_by_role("button", name="Stop watching Hiss")).to_be_visible()
    assert inside(page, "settings.watched") == [2]


def test_listening_again_after_a_stop_goes_on_with_the_list(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.heard.entries.length >= 1")
    page.get_by_role("button", name="Stop").click()
    told, kept = inside(page, "heard.entries"), inside(page, "kept.seconds")
    listen(page)
    wait_for(page, f"live.kept.seconds > {kept} + 0.5")
    assert inside(page, "heard.entries")[-len(told) :] == told
    expect(page.locator(".live-notes")).to_contain_text("left out (stopped)")


def test_pausing_and_resuming_goes_on_though_memory_is_tidied_meanwhile(launch, open_live):
    tidying = "--js-flags=--expose-gc"
    browser = launch(scene(SOUNDS, ROUND), "--use-fake-ui-for-media-stream", tidying)
    page = open_live(browser)
    listen(page)
    for _ in range(4):
        wait_for(page, "live.answer && live.answer.filled > 20")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".live")).to_have_attribute("data-state", "paused")
        heard = inside(page, "answer.seconds")
        for _ in range(3):  # what nothing holds is gone after this
            page.evaluate("gc()")
        page.get_by_role("button", name="Resume").click()
        wait_for(page, f"live.answer.seconds > {heard} + 1")


def test_a_microphone_that_stays_silent_after_resuming_is_told(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.answer && live.answer.filled > 20")
    page.get_by_role("button", name="Pause").click()
    page.evaluate("AudioContext.prototype.resume = async () => {}")  # as if it ran
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".live-status")).to_contain_text("No sound has come from the microphone")
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()


def test_sound_that_never_starts_is_told_and_gives_the_microphone_back(ears, open_live):
    page = open_live(ears)
    page.evaluate("""() => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => (window.opened = await open(wanted));
      const Context = AudioContext;
      window.AudioContext = class extends Context {
        constructor() { super(); this.suspend(); }
        resume() { return new Promise(() => {}); } // what a browser without sound output does
      };
    }""")
    page.get_by_role("button", name="Listen").click()
    alert = page.locator(".live .in-error")
    expect(alert).to_contain_text("sound does not start", timeout=PATIENCE)
    assert page.evaluate("opened.getTracks().map((track) => track.readyState)") == ["ended"]
    expect(page.get_by_role("button", name="Listen")).to_be_enabled()


def test_stopping_gives_the_microphone_back(ears, open_live):
    page = open_live(ears)
    page.evaluate("""() => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => (window.opened = await open(wanted));
    }""")
    listen(page)
    assert page.evaluate("opened.getTracks().map((track) => track.readyState)") == ["live"]
    page.get_by_role("button", name="Stop").click()
    assert page.evaluate("opened.getTracks().map((track) => track.readyState)") == ["ended"]
    expect(page.locator(".live")).to_have_attribute("data-state", "off")
    listen(page)  # and again


def test_what_was_heard_is_played_and_saved(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.heard.entries.length >= 1")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name=re.compile("^Play ")).first.click()
    page.wait_for_function("document.querySelector('.live-audio').currentTime > 0.2")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save list").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("time,first_heard_seconds")
    assert len(lines) == 1 + len(inside(page, "heard.entries"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save sound").click()
    sound, rate = soundfile.read(download.value.path())
    assert len(sound) / rate == pytest.approx(inside(page, "kept.seconds"), abs=0.01)


def test_a_sound_lasts_as_long_as_it_sounded(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.heard.heard.entries.filter((entry) => !entry.open).length >= 3")
    for entry in inside(page, "heard.entries"):  # the sounds last 0.8 s, the window 1.3 s
        assert entry["end"] - entry["from"] < 1.2, entry


def test_another_tab_pauses_the_microphone(ears, open_live):
    page = open_live(ears)
    listen(page)
    page.get_by_role("tab", name="Explore").click()
    page.wait_for_function("document.querySelector('.live').dataset.state === 'paused'")


def test_clearing_empties_the_past(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.heard.entries.length >= 1")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Clear").click()
    assert inside(page, "heard.entries") == []
    expect(page.locator(".live-nothing")).to_contain_text("Nothing above")


def test_only_watched_labels_are_listed(ears, open_live):
    page = open_live(ears)
    listen(page)
    page.get_by_label("Label to watch").fill("Hiss")
    expect(page.get_by_role("button", name="Stop watching Hiss")).to_be_visible()
    page.get_by_role("button", name="Clear").click()  # what was heard before this choice
    wait_for(page, "live.heard.entries.length >= 1")
    page.wait_for_timeout(4000)
    assert {entry["label"] for entry in inside(page, "heard.entries")} == {"Hiss"}


def test_a_moment_opens_in_the_explorer_with_its_label(ears, open_live):
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.heard.entries.length >= 1")
    label = inside(page, "heard.entries[0].label")
    page.get_by_role("button", name="Explain this moment").click()
    expect(page.locator(".ex-title")).to_have_text(re.compile("Live at "), timeout=PATIENCE)
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    expect(page.locator(".ex-label .ex-name").first).to_have_text(label)
    assert page.evaluate("document.querySelector('.live').dataset.state") == "paused"


def test_a_stream_leaves_no_files_behind(ears, open_live, listening):
    before = sorted(listening.uploads.rglob("*"))
    page = open_live(ears)
    listen(page)
    wait_for(page, "live.gauges.lags.length > 5")
    page.get_by_role("button", name="Stop").click()
    assert sorted(listening.uploads.rglob("*")) == before


def test_the_file_of_a_moment_expires(ears, tmp_path):
    settings = {"AST_KEEP_SECONDS": "3", "AST_SWEEP_SECONDS": "1"}
    with serving(tmp_path, "--model", str(LISTENER), **settings) as server:
        page = ears.new_page()
        page.goto(server.url)
        page.get_by_role("tab", name="Live").click()
        listen(page)
        wait_for(page, "live.heard.entries.length >= 1")
        page.get_by_role("button", name="Explain this moment").click()
        expect(page.locator(".ex-title")).to_have_text(re.compile("Live at "))
        for _ in range(60):
            files = [path for path in server.uploads.rglob("*") if path.is_file()]
            if not files:
                break
            page.wait_for_timeout(500)
        page.close()
    assert files == []


def test_a_refused_microphone_tells_how_to_allow_it(launch, open_live):
    page = open_live(launch(np.zeros(16000, np.float32), prompt="--deny-permission-prompts"))
    page.get_by_role("button", name="Listen").click()
    alert = page.locator(".live .in-error")
    expect(alert).to_contain_text("not allowed for this page: press the lock", timeout=PATIENCE)
    expect(page.get_by_role("button", name="Listen")).to_be_enabled()


def test_a_missing_microphone_is_told_as_missing(launch, open_live):
    page = open_live(launch())
    page.get_by_role("button", name="Listen").click()
    alert = page.locator(".live .in-error")
    expect(alert).to_contain_text("No microphone was found: plug one in", timeout=PATIENCE)


def test_a_server_that_is_gone_is_told_and_ends_the_stream(ears, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("gone"), "--model", str(LISTENER)) as server:
        page = ears.new_page()
        page.goto(server.url)
        page.get_by_role("tab", name="Live").click()
        listen(page)
    alert = page.locator(".live .in-error")
    expect(alert).to_contain_text(GONE, timeout=PATIENCE)
    page.close()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_view_fits_its_window(ears, open_live, width):
    page = open_live(ears, width=width)
    listen(page)
    wait_for(page, "live.gauges.lags.length > 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".live-ribbon").bounding_box()["width"] > 0.8 * width
    picture = page.locator(".live-picture").bounding_box()
    assert min(picture["width"], picture["height"]) > 256
