"""The Timeline tab in a real browser, with recordings that hold sounds at known times."""

from __future__ import annotations

import csv
import functools
import json
import os
import re
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from ast_demo.classifier import AudioClassifier
from tests.helpers.listening_model import LISTENER, SAMPLING_RATE, scene
from tests.helpers.page import choose_file, record_webm

pytestmark = pytest.mark.browser

SOUNDS = [(2.0, 3.0, "Low tone"), (6.0, 7.5, "High tone"), (11.0, 14.0, "Hiss")]
SECONDS = 18.0
PATIENCE = 60_000  # milliseconds; other work may share the machine
expect.set_options(timeout=PATIENCE)
HOSTILE_NAME = "<img src=x onerror=alert(1)>${alert(1)}.wav"


@pytest.fixture
def open_timeline(chromium, open_view) -> Callable:
    """Open the Timeline tab."""
    return functools.partial(open_view, "Timeline", chromium, permissions=["microphone"])


@pytest.fixture
def recording(tmp_path) -> Callable:
    """Write a recording and return its path."""

    def write(name="scene.wav", waveform=None, subtype="PCM_16"):
        waveform = scene(SOUNDS, SECONDS) if waveform is None else waveform
        soundfile.write(tmp_path / name, waveform, SAMPLING_RATE, subtype=subtype)
        return tmp_path / name

    return write


def upload(page, path):
    choose_file(page, "Upload a recording", path)


def wait_until_ready(page, title=None):
    view = page.locator(".timeline")
    expect(view).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    expect(view).to_have_attribute("data-busy", "false", timeout=PATIENCE)
    if title:
        expect(page.locator(".tl-title")).to_have_text(title)


def events(page):
    """Read the table of events: (start, end, label, peak)."""
    expect(page.locator(".tl-events tbody tr").first).to_be_visible(timeout=PATIENCE)
    rows = page.locator(".tl-events tbody tr").all()
    cells = [row.locator("td").all_text_contents() for row in rows]
    return [(seconds(c[1]), seconds(c[2]), c[4], float(c[5])) for c in cells]


def seconds(clock: str) -> float:
    total = 0.0
    for part in clock.split(":"):
        total = 60 * total + float(part)
    return total


def inside(page, expression: str):
    """Look at what the view keeps."""
    return page.evaluate(f"document.querySelector('.timeline').timeline.{expression}")


def test_known_sounds_are_found_at_their_times(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page, "scene.wav")
    found = events(page)
    assert [label for _, _, label, _ in found] == [label for _, _, label in SOUNDS]
    for (start, end, label, peak), (begin, stop, _) in zip(found, SOUNDS):
        assert start == pytest.approx(begin, abs=0.7), label  # the hop is 0.64 s
        assert end == pytest.approx(stop, abs=0.7), label
        assert peak > 0.8, label


def test_events_are_filtered_sorted_and_timed_by_the_day(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    assert len(events(page)) == 3
    page.get_by_role("button", name="Duration").click()
    assert next(label for _, _, label, _ in events(page)) == "Hiss"  # it lasts longest
    expect(page.locator("th", has_text="Duration")).to_have_attribute("aria-sort", "descending")
    page.get_by_label("Show only labels that contain").fill("tone")
    assert sorted(label for _, _, label, _ in events(page)) == ["High tone", "Low tone"]
    page.get_by_label("When the recording began").fill("2026-11-25T23:59:57")
    page.get_by_role("button", name="Start").click()
    first, second = page.locator(".tl-events tbody tr").all()
    expect(first.locator("td").nth(1)).to_have_text(re.compile("23:59:5[89]|00:00:00"))
    expect(second.locator("td").nth(1)).to_have_text(re.compile("00:00:0[2-4]"))


def test_every_label_with_an_event_has_a_row_and_a_colour_of_its_own(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    named = {label for _, _, label, _ in events(page)}
    rows = page.evaluate("""() => {
      const { timeline, rows } = document.querySelector(".timeline").timeline;
      return rows.map((row) => timeline.facts.labels[row]);
    }""")
    assert named <= set(rows)
    swatches = page.locator(".tl-swatch").all()
    colours = {swatch.evaluate("(node) => node.style.background") for swatch in swatches}
    assert len(colours) == len(named)


def test_the_spectrogram_of_the_whole_recording_is_drawn(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    lights = page.evaluate("""() => {
      const canvas = document.querySelector(".tl-chart");
      const scale = canvas.width / canvas.clientWidth;
      const { names, plot } = document.querySelector(".timeline").timeline.stage.view();
      const light = (seconds) => {
        const x = Math.round((names + plot * seconds / 18) * scale);
        const strip = canvas.getContext("2d").getImageData(x, 40 * scale, 1, 48 * scale).data;
        return strip.reduce((sum, value, i) => sum + (i % 4 < 3 ? value : 0), 0);
      };
      return [light(12.5), light(9.5)]; // amid the hiss, and between sounds
    }""")
    assert lights[0] > 2 * lights[1]


def test_a_file_of_this_machine_is_opened_by_its_path(open_timeline, recording):
    page = open_timeline()
    path = recording("named.wav")
    page.get_by_label("Path of a recording on this machine").fill(str(path))
    page.keyboard.press("Enter")
    wait_until_ready(page, "named.wav")
    start, _, label, _ = events(page)[1]
    page.get_by_role("button", name=re.compile(f"Play {label}")).click()
    audio = "document.querySelector('.tl-audio')"
    page.wait_for_function(f"{audio}.currentTime > {start + 0.3}", timeout=PATIENCE)


def test_a_sound_that_is_longer_than_explore_shows_is_heard_whole_here(
    open_view, chromium, recording
):
    page = open_view("Explore", chromium)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a sound").click()
    chooser.value.set_files(recording("long.wav"))
    expect(page.locator(".ex-title")).to_have_text("long.wav", timeout=PATIENCE)
    page.get_by_role("button", name="Timeline hears all of it").click()
    wait_until_ready(page, "long.wav")
    assert {label for _, _, label, _ in events(page)} == {label for _, _, label in SOUNDS}


def test_smaller_steps_place_events_more_exactly(open_timeline, recording):
    page = open_timeline()
    page.get_by_role("radio", name="¼").check()
    upload(page, recording())
    wait_until_ready(page)
    found = events(page)
    assert [label for _, _, label, _ in found] == [label for _, _, label in SOUNDS]
    for (start, end, _, _), (begin, stop, _) in zip(found, SOUNDS):
        assert start == pytest.approx(begin, abs=0.35)
        assert end == pytest.approx(stop, abs=0.35)


def test_facts_tell_windows_model_and_notes(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    facts = page.locator(".tl-facts")
    expect(facts).to_contain_text("0:18.0")
    expect(facts).to_contain_text("windows of 1.29 s every 0.64 s")
    expect(facts).to_contain_text("the last window holds")


def test_a_window_is_pointed_at_chosen_and_opened_in_the_explorer(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    box = page.locator(".tl-scroller").bounding_box()
    x = box["x"] + box["width"] * 12.5 / SECONDS
    page.mouse.move(x, box["y"] + 100)
    expect(page.locator(".tl-readout")).to_have_text(
        re.compile(r"window \d+: .* · Hiss [01]\.\d\d")
    )
    page.mouse.click(x, box["y"] + 100)
    start, end = inside(
        page, "timeline.facts.windows[document.querySelector('.timeline').timeline.state.chosen]"
    )
    assert start < 12.5 < end
    shown = page.locator(".tl-window .tl-name").first
    expect(shown).to_have_text("Hiss")
    score = page.locator(".tl-window .in-number").first.text_content()
    page.get_by_role("button", name="Open in Explore").click()
    title = f"scene.wav, {start:.2f} to {end:.2f} s"
    expect(page.locator(".ex-title")).to_have_text(title, timeout=PATIENCE)
    expect(page.locator(".ex-label .ex-name").first).to_have_text("Hiss")
    explained = page.locator(".ex-label .ex-number").first.text_content()
    assert float(explained) == pytest.approx(float(score), abs=0.011)


def test_arrow_keys_choose_windows(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    page.locator(".tl-scroller").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".tl-window .in-heading")).to_have_text(re.compile("Window 4 of"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".tl-window .in-heading")).to_have_text(re.compile("Window 3 of"))


def test_an_event_is_played_from_its_start_to_its_end(open_timeline, recording):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    start, end, label, _ = events(page)[1]
    page.get_by_role("button", name=re.compile(f"Play {label}")).click()
    audio = "document.querySelector('.tl-audio')"
    page.wait_for_function(f"{audio}.currentTime > {start + 0.3}", timeout=PATIENCE)
    page.wait_for_function(f"{audio}.paused", timeout=PATIENCE)
    assert page.evaluate(f"{audio}.currentTime") == pytest.approx(end, abs=0.4)


def test_the_threshold_decides_what_is_an_event(open_timeline, recording):
    page = open_timeline()
    upload(page, recording(waveform=scene([], 5.0)))
    wait_until_ready(page)
    expect(page.locator(".tl-none")).to_contain_text("lower the minimum score")
    upload(page, recording())
    wait_until_ready(page)
    assert len(events(page)) == 3


def test_the_events_of_the_threshold_before_do_not_overwrite_those_of_the_present(
    open_timeline, recording
):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    assert len(events(page)) == 3
    left = page.evaluate("""async () => {
      const { timeline } = document.querySelector(".timeline");
      const answers = [];
      timeline.server.timeline_events = () => new Promise((done) => answers.push(done));
      const asked = [timeline.askEvents(), timeline.askEvents()];
      answers[1]({ events: [] });
      answers[0]({ events: timeline.events });
      await Promise.all(asked);
      return timeline.events.length;
    }""")
    assert left == 0


def test_a_recording_that_never_gets_a_picture_leaves_the_sound_of_the_one_that_is_shown(
    open_timeline, recording
):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    began = page.get_by_label("When the recording began")
    began.fill("2026-11-25T23:59:57")
    audio = page.locator(".tl-audio")
    source = audio.get_attribute("src")
    page.evaluate("""() => {
      const { timeline } = document.querySelector(".timeline");
      const { trigger } = timeline;
      timeline.trigger = () => {}; // the server never gets to it
      timeline.take({ path: "/nowhere.wav", title: "other.wav" }, "other.wav", new Date(0));
      timeline.giveUp();
      timeline.trigger = trigger;
    }""")
    expect(page.locator(".tl-title")).to_have_text("scene.wav")
    expect(audio).to_have_attribute("src", source)
    expect(began).to_have_value("2026-11-25T23:59:57")
    upload(page, recording("second.wav"))
    wait_until_ready(page, "second.wav")
    expect(audio).not_to_have_attribute("src", source)
    expect(began).to_have_value("")


@pytest.mark.parametrize("kind", ["CSV", "JSON", "Label track"])
def test_downloads_hold_what_is_shown(open_timeline, recording, kind):
    page = open_timeline()
    upload(page, recording())
    wait_until_ready(page)
    shown = events(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    text = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename.startswith("scene.")
    if kind == "CSV":
        rows = list(csv.DictReader(text.splitlines()))
        assert len(rows) == inside(page, "timeline.count")
        assert float(rows[18]["Hiss"]) > 0.8
    elif kind == "JSON":
        assert [event["label"] for event in json.loads(text)["events"]] == [e[2] for e in shown]
    else:
        lines = [line.split("\t") for line in text.splitlines()]
        assert [float(line[0]) for line in lines] == pytest.approx([e[0] for e in shown], abs=0.06)


def test_progress_is_shown_and_cancelling_stops_the_work(open_timeline, recording, listening):
    page = open_timeline()
    upload(page, recording("long.flac", np.tile(scene(SOUNDS, SECONDS), 130)))
    expect(page.locator(".tl-stage")).to_have_text(
        re.compile(r"Listening, .* of 39:00"), timeout=PATIENCE
    )
    page.wait_for_function("document.querySelector('.tl-progress').value > 0", timeout=PATIENCE)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".tl-work")).to_be_hidden()
    page.wait_for_timeout(3000)  # a batch that was under way may end
    before = processor_seconds(listening.process.pid)
    page.wait_for_timeout(3000)
    assert processor_seconds(listening.process.pid) - before < 1.0
    expect(page.locator(".tl-work")).to_be_hidden()


def processor_seconds(pid: int) -> float:
    """Return how long a process has computed."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_what_is_found_so_far_is_drawn_while_it_is_computed(open_timeline, recording):
    page = open_timeline()
    upload(page, recording("long.flac", np.tile(scene(SOUNDS, SECONDS), 100)))
    view = page.locator(".timeline")
    expect(view).to_have_attribute("data-state", "partial", timeout=PATIENCE)
    total = inside(page, "timeline.facts.total")
    assert total == pytest.approx(1800)
    assert 0 < inside(page, "timeline.facts.seconds") < total
    page.get_by_role("button", name="Cancel").click()


def test_stretches_without_numbers_are_told(open_timeline, recording):
    page = open_timeline()
    waveform = scene(SOUNDS, SECONDS)
    waveform[round(9 * SAMPLING_RATE) : round(9.5 * SAMPLING_RATE)] = np.nan
    upload(page, recording("holes.wav", waveform, subtype="FLOAT"))
    wait_until_ready(page)
    expect(page.locator(".tl-facts")).to_contain_text("0.50 s hold no numbers")
    assert inside(page, "timeline.facts.gaps") == [[9.0, 9.5]]
    assert [label for _, _, label, _ in events(page)] == [label for _, _, label in SOUNDS]


def test_what_is_no_sound_is_refused_with_a_sentence_and_the_next_works(
    open_timeline, recording, tmp_path
):
    page = open_timeline()
    (tmp_path / "text.wav").write_text("no sound")
    upload(page, tmp_path / "text.wav")
    alert = page.locator(".timeline .in-error")
    expect(alert).to_contain_text("text.wav can't be read as audio", timeout=PATIENCE)
    upload(page, recording())
    wait_until_ready(page, "scene.wav")
    expect(alert).to_be_hidden()


def test_what_only_the_browser_can_decode_is_decoded_there_and_noted(open_timeline, tmp_path):
    page = open_timeline()
    path = tmp_path / "memo.webm"
    path.write_bytes(record_webm(page, 300.0))
    upload(page, path)
    wait_until_ready(page, "memo.webm")
    expect(page.locator(".tl-facts")).to_contain_text("decoded and resampled to 16000 Hz")
    assert inside(page, "timeline.facts.seconds") == pytest.approx(1.5, abs=0.4)
    assert {label for _, _, label, _ in events(page)} == {"Low tone"}
    page.get_by_role("button", name=re.compile("Play Low tone")).click()
    page.wait_for_function("document.querySelector('.tl-audio').currentTime > 0.3")


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(open_timeline, recording):
    page = open_timeline()
    path = recording("large.wav", np.zeros(2 * SAMPLING_RATE))
    with path.open("ab") as file:
        file.truncate(201 << 20)  # more than the browser tries to decode
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    upload(page, path)
    alert = page.locator(".timeline .in-error")
    expect(alert).to_contain_text("The file has 201 MB, expected at most 50 MB: cut it")
    assert not [url for url in requests if "upload" in url]


def test_a_hostile_name_stays_text(open_timeline, recording):
    page = open_timeline()
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    upload(page, recording(HOSTILE_NAME.replace("/", "")))
    wait_until_ready(page)
    assert "onerror" in page.locator(".tl-title").text_content()
    assert dialogs == []


def test_a_recording_from_the_microphone_is_heard(open_timeline):
    page = open_timeline()
    page.get_by_role("button", name="Record", exact=True).click()
    finish = page.get_by_role("button", name=re.compile("Finish"))
    expect(finish).to_have_text(re.compile("0:0[3-9]"), timeout=PATIENCE)
    finish.click()
    wait_until_ready(page, "recording.wav")
    assert inside(page, "timeline.facts.seconds") > 2.5


def test_examples_in_a_row_are_there_to_try(open_timeline):
    page = open_timeline()
    page.get_by_role("button", name="Try the examples").click()
    expect(page.locator(".tl-title")).to_have_text(
        re.compile("example clips in a row"), timeout=PATIENCE
    )
    wait_until_ready(page)


def test_a_dropped_file_is_heard_here(open_timeline, recording):
    page = open_timeline()
    data = list(recording("dropped.wav").read_bytes())
    page.evaluate(
        """(bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.wav"));
          for (const name of ["dragover", "drop"]) {
            const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
            document.querySelector(".timeline").dispatchEvent(new DragEvent(name, options));
          }
        }""",
        data,
    )
    wait_until_ready(page, "dropped.wav")


def test_zooming_shows_less_and_scrolls(open_timeline, recording):
    page = open_timeline()
    upload(page, recording("minutes.flac", np.tile(scene(SOUNDS, SECONDS), 10)))
    wait_until_ready(page)
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
    scroller = page.locator(".tl-scroller")
    width = scroller.evaluate("(node) => [node.scrollWidth, node.clientWidth]")
    assert width[0] == pytest.approx(4 * width[1], rel=0.01)
    page.get_by_role("button", name="Show all").click()
    assert scroller.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_view_fits_its_window(open_timeline, recording, width):
    page = open_timeline(width=width)
    upload(page, recording())
    wait_until_ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".tl-chart").bounding_box()["width"] > 0.8 * width


def test_the_api_answers_what_the_library_answers(listening, recording):
    from gradio_client import Client, handle_file

    path = recording()
    client = Client(listening.url, verbose=False)
    answer = client.predict(handle_file(path), None, 0.5, 0.5, api_name="/timeline")
    timeline = AudioClassifier.load(LISTENER, "cpu", "float32").timeline(path, hop_seconds=0.5)
    assert answer["windows"] == [pytest.approx(row, abs=1e-3) for row in timeline.windows.tolist()]
    assert answer["scores"] == [pytest.approx(row, abs=1e-4) for row in timeline.scores.tolist()]
    assert [event["label"] for event in answer["events"]] == [label for _, _, label in SOUNDS]
