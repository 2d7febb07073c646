"""The HTTP API answers what Python answers, and refuses what it must with a sentence."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.ui.launch import Options, create_page, launch_settings
from tests.helpers.models import hearing_classifier, save_checkpoint

RATE = 16000
LABELS = ("dog", "rain", "siren", "piano", "silence")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny-random"
    return save_checkpoint(hearing_classifier(LABELS), folder)


@pytest.fixture(scope="module")
def url(checkpoint, tmp_path_factory):
    uploads = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(uploads))
        patch.setattr("gradio.networking.url_ok", lambda url: False)  # as on a busy machine
        page = create_page(Options(model=str(checkpoint), device="cpu", dtype="float32"))
        page.launch(prevent_thread_lock=True, quiet=True, **launch_settings(page.services))
        yield page.local_url
        page.close()


@pytest.fixture(scope="module")
def client(url):
    return Client(url, verbose=False)


@pytest.fixture(scope="module")
def classifier(checkpoint):
    return AudioClassifier.load(checkpoint, device="cpu", dtype="float32")


@pytest.fixture
def sound(tmp_path):
    seconds = np.arange(2 * RATE) / RATE
    path = tmp_path / "sweep.wav"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * (300 + 400 * seconds) * seconds), RATE)
    return path


def post(url, endpoint, data):
    """Call an endpoint as any HTTP client can; return its last event and that event's data."""
    body = json.dumps({"data": data}).encode()
    request = urllib.request.Request(
        f"{url}gradio_api/call/{endpoint}", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        event_id = json.load(answer)["event_id"]
    with urllib.request.urlopen(
        f"{url}gradio_api/call/{endpoint}/{event_id}", timeout=30
    ) as answer:
        lines = [line for line in answer.read().decode().splitlines() if line]
    return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))


def file_data(path, **more):
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}, **more}


def test_classify_answers_the_scores_highest_first(client, classifier, sound):
    answer = client.predict(audio=handle_file(sound), api_name="/classify")
    expected = classifier.classify(load_audio(sound))
    assert {row["label"]: row["score"] for row in answer["labels"]} == pytest.approx(
        expected.scores, abs=1e-5
    )
    assert [row["label"] for row in answer["labels"]] == list(expected.scores)


def test_classify_says_how_the_scores_were_made(client, classifier, sound):
    answer = client.predict(audio=handle_file(sound), api_name="/classify")
    assert answer["rule"] == "sigmoid"
    assert (answer["abstains"], answer["threshold"]) == (False, 0.0)
    assert answer["model"] == "tiny-random"
    assert answer["notes"] == list(classifier.classify(load_audio(sound)).notes)
    assert set(answer["timings_ms"]) == {"decode", "features", "model"}
    assert (answer["device"], answer["dtype"]) == ("cpu", "float32")


@pytest.fixture
def explained(client, classifier, sound):
    """What /explain answers, and what the classifier does."""
    answer = client.predict(audio=handle_file(sound), top=2, label="siren", api_name="/explain")
    return answer, classifier.explain(load_audio(sound))


def test_explain_answers_rollout_and_relevance(explained):
    answer, expected = explained
    assert len(answer["labels"]) == 2
    assert np.array(answer["rollout"]) == pytest.approx(expected.rollout, abs=1e-6)
    assert np.array(answer["relevance"]) == pytest.approx(expected.relevance("siren"), abs=1e-6)
    assert np.sum(answer["rollout"]) + answer["special_share"] == pytest.approx(1, abs=1e-4)


def test_explain_answers_the_grid_that_the_maps_lie_on(explained):
    answer, expected = explained
    grid = answer["grid"]
    assert np.shape(answer["rollout"]) == (grid["freq_patches"], grid["time_patches"])
    assert grid["row_hertz"][0] == pytest.approx(expected.grid.hertz(0), abs=0.1)
    assert grid["column_seconds"][-1] == pytest.approx(
        expected.grid.seconds(grid["time_patches"] - 1), abs=1e-3
    )
    assert answer["seconds"] == pytest.approx(2.0)
    assert answer["num_frames"] == expected.num_frames


def test_top_zero_means_every_label(client, sound):
    answer = client.predict(audio=handle_file(sound), top=0, api_name="/classify")
    assert len(answer["labels"]) == len(LABELS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"label": "unicorn"}, "no label 'unicorn'"),
        ({"label": "<img src=x onerror=alert(1)>"}, "&lt;img src=x"),
        ({"top": -1}, "top is -1"),
        ({"model": "evil/model"}, "evil/model"),
        ({"model": "MIT/ast-finetuned-audioset-10-10-0.4593"}, "not in the local cache"),
    ],
)
def test_a_wrong_argument_is_named_in_the_error(client, sound, arguments, said):
    with pytest.raises(AppError, match=said):
        client.predict(audio=handle_file(sound), **arguments, api_name="/explain")


def test_a_file_that_is_no_sound_is_refused_by_name(client, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a sound")
    with pytest.raises(AppError, match=r"notes\.txt can't be read as audio"):
        client.predict(audio=handle_file(path), api_name="/classify")


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (file_data("https://example.com/sound.wav"), "Addresses are not fetched"),
        (file_data("http://127.0.0.1:1/sound.wav", is_stream=True), "Addresses are not fetched"),
        (file_data("file:///etc/hostname"), "Addresses are not fetched"),
        (file_data("/etc/hostname"), "Only files uploaded"),
        (file_data("../../../../etc/hostname"), "Only files uploaded"),
        (file_data("/etc/hostname\0.wav"), "Only files uploaded"),
        (file_data("/etc/hostname", is_stream=True), "Only files uploaded"),
        (None, "There is no sound yet"),
        ("a text", "do not fit"),
        (17, "do not fit"),
        ({"path": None}, "do not fit"),
    ],
)
def test_only_an_uploaded_file_is_taken_for_a_sound(url, audio, said):
    event, data = post(url, "classify", [audio, "tiny-random", 5])
    assert event == "error"
    assert said in data["error"], data


def test_an_address_in_place_of_any_other_value_is_not_fetched_either(url):
    for data in (
        [None, file_data("https://example.com/x"), 5],
        [None, None, [file_data("//x://y")]],
    ):
        event, answer = post(url, "classify", data)
        assert event == "error"
        assert "Addresses are not fetched" in answer["error"], answer


def test_the_number_of_values_must_fit(url):
    event, data = post(url, "classify", [])
    assert event == "error"
    assert "do not fit" in data["error"]


def test_only_classify_and_explain_are_offered_and_described(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/classify", "/explain"} <= set(endpoints)
    assert not [name for name in endpoints if "steps" in name or "lambda" in name]
    parameters = {p["parameter_name"]: p for p in endpoints["/explain"]["parameters"]}
    assert list(parameters) == ["audio", "model", "top", "label"]
    assert parameters["top"]["python_type"]["type"] == "int"


def test_the_model_named_by_the_host_is_shown_without_its_folder(url, checkpoint):
    with urllib.request.urlopen(f"{url}config", timeout=30) as answer:
        config = answer.read().decode()
    assert "tiny-random" in config
    assert str(checkpoint.parent) not in config


def test_building_the_page_does_not_load_torch():
    code = (
        "import sys; from ast_demo.ui.launch import Options, create_page;"
        "create_page(Options()); print([m for m in ('torch', 'matplotlib', 'soundfile') "
        "if m in sys.modules])"
    )
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
        check=True,
    )
    assert done.stdout.strip() == "[]"
