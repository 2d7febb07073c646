"""The page as a visitor meets it, in a real browser."""

import json
import re
import threading
import urllib.request

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.features.extractor import mel_band
from tests.helpers.hub_server import loopback_hub
from tests.helpers.page import (
    LABELS,
    MICROPHONE_HERTZ,
    choose_file,
    record_webm,
    serving,
    tone,
)

pytestmark = pytest.mark.browser

ANSWER = 90_000  # milliseconds for an answer: the model may still be loading on a busy machine
HOSTILE_NAME = "<img src=x onerror=alert(1)>${alert(1)}.wav"


def wait_for_picture(page, title):
    expect(page.locator(".ex-title")).to_have_text(title, timeout=ANSWER)
    expect(page.locator(".explorer")).to_have_attribute("data-state", "ready")


def shown_labels(page):
    names = page.locator(".ex-label .ex-name").all_text_contents()
    scores = page.locator(".ex-label .ex-number").all_text_contents()
    return dict(zip(names, map(float, scores)))


def payload(page):
    """Return what the explorer draws."""
    return page.evaluate("document.querySelector('.explorer').explorer.sound.payload")


def hover(page, mel_bin, frame):
    """Move the mouse to the middle of a cell of the spectrogram."""
    view = page.evaluate("document.querySelector('.explorer').explorer.view")
    box = page.locator(".ex-stage").bounding_box()
    plot = view["plot"]
    across = plot["left"] + (frame - view["left"] + 0.5) * view["cellWidth"]
    down = plot["top"] + plot["height"] - (mel_bin - view["bottom"] + 0.5) * view["cellHeight"]
    page.mouse.move(box["x"] + across, box["y"] + down)


def readout(page):
    pairs = page.locator(".ex-readout [data-field]").all()
    return {pair.get_attribute("data-field"): pair.text_content() for pair in pairs}


def nearest_bin(hertz):
    return min(range(128), key=lambda mel_bin: abs(mel_band(mel_bin)[1] - hertz))


def loudest_bin(page):
    """Return the brightest mel bin in the middle of the sound, as the page holds it."""
    return page.evaluate(
        """() => {
          const { payload } = document.querySelector('.explorer').explorer.sound;
          const bytes = atob(payload.spectrogram.data);
          const start = Math.floor(payload.num_frames / 2) * payload.grid.num_mel_bins;
          const row = [...bytes.slice(start, start + payload.grid.num_mel_bins)];
          const levels = row.map((letter) => letter.charCodeAt(0));
          return levels.indexOf(Math.max(...levels));
        }"""
    )


@pytest.fixture(scope="module")
def classifier(checkpoint):
    return AudioClassifier.load(checkpoint, device="cpu", dtype="float32")


def test_the_page_comes_in_under_160_kilobytes(server):
    request = urllib.request.Request(server.url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.read()) < 160_000


def test_the_page_opens_with_an_example_that_is_explained_and_silent(visit):
    page = visit(width=390, height=844)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    wait_for_picture(page, "Siren")
    state = page.evaluate("document.querySelector('.explorer').explorer.state")
    assert (state["grid"], state["heat"], state["zoom"]) == ("outline", "rollout", "fit")
    expect(page.locator(".ex-best")).to_be_visible()
    sources = page.evaluate("[...document.querySelectorAll('audio')].map(({ src }) => src)")
    assert not any(sources), "nothing is to be heard yet"
    assert [url for url in asked if "file=" in url] == []


def test_a_sound_of_ones_own_takes_the_examples_place_while_it_is_on_its_way(
    chromium, server, sound_file
):
    held = []

    def hold_the_example(route):
        is_it = route.request.post_data_json["fn_name"] == "opening_example"
        held.append(route) if is_it else route.continue_()

    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.route("**/component_server**", hold_the_example)
    page.goto(server.url)
    choose_file(page, "Upload a sound", sound_file("mine.wav"))
    wait_for_picture(page, "mine.wav")
    with page.expect_response("**/component_server**", timeout=ANSWER):
        held[0].continue_()
    page.evaluate("new Promise((done) => setTimeout(done, 0))")
    expect(page.locator(".ex-title")).to_have_text("mine.wav")
    context.close()


def test_a_refused_microphone_is_told_beside_the_button(launch, server):
    page = launch(prompt="--deny-permission-prompts").new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server.url)
    page.locator("#recorder").get_by_role("button", name="Record").click()
    expect(page.locator("#recorder").get_by_role("alert")).to_contain_text(
        "microphone", timeout=ANSWER
    )
    expect(page.locator("#recorder").get_by_role("button", name="Record")).to_be_enabled()
    assert errors == []


def test_an_uploaded_file_gets_the_labels_that_python_gives(visit, sound_file, classifier):
    path = sound_file("two seconds.wav")
    page = visit()
    choose_file(page, "Upload a sound", path)
    wait_for_picture(page, "two seconds.wav")
    expected = classifier.classify(load_audio(path))
    shown = shown_labels(page)
    assert list(shown) == [name for name, _ in expected.top(len(shown))]
    for name, score in shown.items():
        assert score == pytest.approx(expected.scores[name], abs=0.006), name
    expect(page.locator(".ex-notes")).to_contain_text("padded")
    expect(page.locator(".ex-labels")).to_contain_text("sigmoid")
    expect(page.locator(".ex-foot")).to_contain_text(re.compile(r"model \d+ .*CPU float32"))


def test_a_recording_from_the_microphone_shows_the_tone_where_it_belongs(visit):
    page = visit()
    recorder = page.locator("#recorder")
    recorder.get_by_role("button", name="Record").click()
    expect(recorder.locator("output")).to_have_text("0:02", timeout=ANSWER)
    recorder.get_by_role("button", name="Stop").click()
    wait_for_picture(page, "Recording")
    with page.expect_download(timeout=ANSWER) as saved:
        page.get_by_role("button", name="Save", exact=True).click()
    assert saved.value.suggested_filename == "Recording.wav"
    assert len(shown_labels(page)) > 0
    sound = payload(page)
    assert 1.5 < sound["seconds"] < 4.5
    assert abs(loudest_bin(page) - nearest_bin(MICROPHONE_HERTZ)) <= 1


def test_the_readout_tells_time_pitch_value_and_patches_of_the_cell(visit, sound_file, classifier):
    path = sound_file("sweep.wav", np.concatenate([tone(500.0, 2.0), tone(3000.0, 2.0)]))
    page = visit()
    choose_file(page, "Upload a sound", path)
    wait_for_picture(page, "sweep.wav")
    explanation = classifier.explain(load_audio(path))
    low, high = explanation.input_values.min(), explanation.input_values.max()
    for mel_bin, frame in ((24, 100), (70, 333)):
        hover(page, mel_bin, frame)
        expect(page.locator(".ex-readout [data-field=bin]")).to_have_text(str(mel_bin))
        shown = readout(page)
        seconds = float(shown["time"].split()[0])
        assert seconds == pytest.approx(frame * 0.010 + 0.0125, abs=0.011)
        number, unit = re.match(r"([\d.]+)\s*(k?Hz)", shown["hertz"]).groups()
        hertz = float(number) * (1000 if unit == "kHz" else 1)
        assert hertz == pytest.approx(mel_band(mel_bin)[1], rel=0.01)
        value = float(shown["value"].replace("\u2212", "-"))
        expected = explanation.input_values[frame, mel_bin]
        assert value == pytest.approx(expected, abs=float(high - low) / 255 + 0.006)
        grid = explanation.grid
        tokens = [grid.token(f, t) for f, t in grid.patches_at(mel_bin, frame)]
        inside = re.search(r"\(([\d ]+)\)", shown["patches"]).group(1)
        assert sorted(map(int, inside.split())) == sorted(tokens)


def test_padding_is_called_padding(visit, sound_file):
    page = visit()
    choose_file(page, "Upload a sound", sound_file("short.wav", tone(440.0, 1.0)))
    wait_for_picture(page, "short.wav")
    hover(page, 50, 400)
    expect(page.locator(".ex-readout [data-field=time]")).to_contain_text("padding")


def test_the_grid_and_the_heat_switch_without_asking_the_server(visit, sound_file):
    page = visit()
    choose_file(page, "Upload a sound", sound_file())
    wait_for_picture(page, "tone.wav")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    picture = "document.querySelector('.ex-picture').toDataURL()"
    for group, name in (("Patches", "Off"), ("Heat", "None"), ("Heat", "Rollout")):
        before = page.evaluate(picture)
        choices = page.get_by_role("group", name=group, exact=True)
        choices.get_by_role("radio", name=name, exact=True).check()
        page.wait_for_function(f"before => {picture} !== before", arg=before)
    asked = [url for url in requests if not url.startswith(("data:", "blob:"))]
    assert [url for url in asked if "heartbeat" not in url] == []


def test_an_example_runs_at_a_click_and_can_be_played(visit):
    page = visit()
    page.get_by_role("button", name="Violin", exact=True).click()
    wait_for_picture(page, "Violin")
    assert payload(page)["seconds"] == pytest.approx(5.0, abs=0.01)
    expect(page.get_by_role("button", name="Play sound")).to_be_enabled()


def test_a_dropped_file_is_taken_anywhere_on_the_page(visit, sound_file):
    page = visit()
    content = list(sound_file("dropped.wav").read_bytes())
    drop = """([bytes, kind, selector]) => {
      const files = new DataTransfer();
      files.items.add(new File([Uint8Array.from(bytes)], 'dropped.wav', { type: 'audio/wav' }));
      const event = new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true });
      document.querySelector(selector).dispatchEvent(event);
    }"""
    page.evaluate(drop, [content, "dragenter", ".ex-stage"])
    expect(page.get_by_text("Drop the sound anywhere")).to_be_visible()
    page.evaluate(drop, [content, "drop", ".files-veil"])
    wait_for_picture(page, "dropped.wav")
    expect(page.get_by_text("Drop the sound anywhere")).to_be_hidden()


def test_a_file_that_is_no_sound_gives_a_sentence_and_keeps_the_picture(
    visit, sound_file, tmp_path
):
    page = visit()
    choose_file(page, "Upload a sound", sound_file("good.wav"))
    wait_for_picture(page, "good.wav")
    before = shown_labels(page)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF\x04\x00\x00\x00WAVEthis is no sound")
    choose_file(page, "Upload a sound", bad)
    expect(page.locator(".ex-error")).to_contain_text(
        "bad.wav can't be read as audio", timeout=ANSWER
    )
    assert page.locator(".toast-body").count() == 0  # told once, where the eye is
    expect(page.locator(".ex-title")).to_have_text("good.wav")
    assert shown_labels(page) == before
    choose_file(page, "Upload a sound", sound_file("better.wav"))
    wait_for_picture(page, "better.wav")
    expect(page.locator(".ex-error")).to_be_hidden()


def test_markup_and_templates_in_a_file_name_stay_text(visit, sound_file, tmp_path):
    page = visit()
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    choose_file(page, "Upload a sound", sound_file(HOSTILE_NAME))
    wait_for_picture(page, HOSTILE_NAME)
    broken = tmp_path / f"broken {HOSTILE_NAME}"
    broken.write_bytes(b"no sound at all")
    choose_file(page, "Upload a sound", broken)
    expect(page.locator(".ex-error")).to_contain_text("onerror=alert(1)", timeout=ANSWER)
    assert dialogs == []
    assert page.locator("img[src='x']").count() == 0


def test_a_model_out_of_reach_is_told_and_the_running_one_stays(visit, sound_file):
    page = visit()
    choose_file(page, "Upload a sound", sound_file())
    wait_for_picture(page, "tone.wav")
    choose_model(page, "AudioSet")
    expect(page.locator("#model-status")).to_contain_text("cannot be reached", timeout=ANSWER)
    assert page.locator(".toast-body").count() == 0  # told once
    expect(page.get_by_label("Model")).to_have_value("small-random")
    page.get_by_role("button", name="Rain", exact=True).click()
    wait_for_picture(page, "Rain")
    assert set(shown_labels(page)) <= set(LABELS)


def test_the_figure_comes_as_a_png_file(visit, sound_file, tmp_path):
    page = visit()
    choose_file(page, "Upload a sound", sound_file())
    wait_for_picture(page, "tone.wav")
    with page.expect_download(timeout=ANSWER) as download:
        page.get_by_role("button", name="PNG", exact=True).click()
    content = tmp_path / "figure.png"
    download.value.save_as(content)
    assert download.value.suggested_filename.endswith(".png")
    assert content.read_bytes().startswith(b"\x89PNG")
    assert content.stat().st_size > 20_000


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_never_scrolls_sideways(visit, sound_file, width):
    page = visit(width=width, height=844)
    choose_file(page, "Upload a sound", sound_file())
    wait_for_picture(page, "tone.wav")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{wide} px in a window of {width} px"


def test_the_answers_carry_the_security_headers(visit, server):
    page = visit()
    headers = page.request.get(server.url).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "microphone=(self)" in headers["permissions-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    config = json.loads(page.request.get(f"{server.url}config").text())
    assert config["run_history"] is False


def word_model(checkpoint):
    """Return the files of the small model with words as its labels."""
    files = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    config = json.loads(files["config.json"])
    words = [f"word {index}" for index in range(len(LABELS))]
    config["id2label"] = {str(index): word for index, word in enumerate(words)}
    config["label2id"] = {word: index for index, word in enumerate(words)}
    config["problem_type"] = "single_label_classification"
    return files | {"config.json": json.dumps(config).encode()}


class HeldFiles(dict):
    """Files of a repository that come when they are let go."""

    def __init__(self, files):
        super().__init__(files)
        self.let_go = threading.Event()

    def __getitem__(self, name):
        self.let_go.wait()
        return super().__getitem__(name)


@pytest.mark.parametrize("first", ["arrives", "is broken"])
def test_a_second_choice_while_the_first_is_downloaded_is_the_one_that_listens(
    visit, checkpoint, tmp_path, first
):
    files = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    held = HeldFiles(files if first == "arrives" else files | {"config.json": b"{"})
    with loopback_hub() as hub:
        hub.files["MIT/ast-finetuned-audioset-10-10-0.4593"] = held
        hub.files["MIT/ast-finetuned-speech-commands-v2"] = word_model(checkpoint)
        with serving(tmp_path, "--model", str(checkpoint), HF_ENDPOINT=hub.endpoint) as running:
            page = visit(url=running.url)
            choose_model(page, "AudioSet")
            expect(page.locator("#model-status")).to_contain_text("AudioSet", timeout=ANSWER)
            choose_model(page, "Speech commands")
            held.let_go.set()
            expect(page.locator("#model-status")).to_be_hidden(timeout=ANSWER)
            expect(page.get_by_label("Model")).to_have_value("Speech commands, 35 words (Hub)")
            page.get_by_role("button", name="Rain", exact=True).click()
            wait_for_picture(page, "Rain")
            expect(page.locator(".ex-label").first).to_contain_text("word", timeout=ANSWER)
            page.close()  # before its server, whose end it would complain about


def choose_model(page, title):
    page.get_by_label("Model").click()
    page.get_by_role("option", name=title).click()


def test_a_model_of_the_hub_is_downloaded_on_choice_and_hears_the_same_sound(
    visit, checkpoint, tmp_path, sound_file
):
    with loopback_hub() as hub:
        hub.files["MIT/ast-finetuned-speech-commands-v2"] = word_model(checkpoint)
        with serving(tmp_path, "--model", str(checkpoint), HF_ENDPOINT=hub.endpoint) as running:
            page = visit(url=running.url)
            choose_file(page, "Upload a sound", sound_file())
            wait_for_picture(page, "tone.wav")
            choose_model(page, "Speech commands")
            expect(page.locator(".ex-label").first).to_contain_text("word", timeout=ANSWER)
            expect(page.locator(".ex-title")).to_have_text("tone.wav")
            expect(page.locator(".ex-labels")).to_contain_text("softmax")
            expect(page.locator("#model-status")).to_be_hidden()
            assert len(hub.asked("GET", "model.safetensors")) == 1
            page.close()  # before its server, whose end it would complain about


def test_a_file_over_the_limit_is_refused_with_a_sentence(visit, checkpoint, tmp_path):
    big = tmp_path / "big.wav"
    soundfile.write(big, np.zeros(700_000, dtype=np.float32), 16000, subtype="PCM_16")
    with serving(tmp_path, "--model", str(checkpoint), AST_FILE_MEGABYTES="1") as running:
        page = visit(url=running.url)
        choose_file(page, "Upload a sound", big)
        expect(page.locator(".ex-error")).to_contain_text(
            re.compile(r"1\.3 MB.*, expected at most 1 MB"), timeout=ANSWER
        )
        page.get_by_role("button", name="Rain", exact=True).click()
        wait_for_picture(page, "Rain")
        page.close()  # before its server, whose end it would complain about


def test_what_only_the_browser_can_decode_is_decoded_there_and_noted(visit, tmp_path, sound_file):
    page = visit()
    path = tmp_path / "memo.webm"
    path.write_bytes(record_webm(page, 2000.0))
    choose_file(page, "Upload a sound", path)
    wait_for_picture(page, "memo.webm")
    expect(page.locator(".ex-notes")).to_contain_text("by the browser")
    assert payload(page)["seconds"] == pytest.approx(1.5, abs=0.4)
    assert abs(loudest_bin(page) - nearest_bin(2000.0)) <= 1
