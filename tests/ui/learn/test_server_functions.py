"""What the lesson asks the server: right answers to right requests, sentences to wrong ones."""

import base64

import numpy as np
import pytest
import torch

from ast_demo.classifier import AudioClassifier
from ast_demo.explain.experiments import GAINS, PLAIN
from ast_demo.ui.learn.server_functions import server_functions
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services

SOUND_ID = "0" * 32


@pytest.fixture(scope="module")
def explanation():
    classifier = AudioClassifier.load("speech-commands", device="cpu", dtype="float32")
    seconds = np.arange(12000) / 16000
    noise = np.random.default_rng(0).standard_normal(12000)
    return classifier.explain((0.2 * np.sin(3000 * seconds) + 0.01 * noise).astype(np.float32))


@pytest.fixture(scope="module")
def ask(explanation):
    services = Services.create(Limits())
    services.kept.put(SOUND_ID, explanation)
    functions = {function.__name__: function for function in server_functions(services)}

    def answer(name, request=None, **settings):
        return functions[name]({"id": SOUND_ID, **settings} if request is None else request)

    return answer


def numbers(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


def test_the_script_is_one_function_body_that_starts_the_lesson(ask):
    code = ask("learn_code", {})["code"]
    assert code.endswith("return startLearn({ element, watch, props, server });")


def test_texts_come_by_language_and_unknown_ones_are_refused(ask):
    assert ask("learn_texts", {"language": "en"})["texts"]["language"] == "English"
    refused = ask("learn_texts", {"language": "../en"})["error"]
    assert refused.startswith("language is '../en', expected one of en")
    assert "error" in ask("learn_texts", ["en"])


def test_a_sound_comes_with_its_samples_and_without_a_picture(ask, explanation):
    sound = ask("learn_sound", title="Our sound")
    samples = numbers(sound["pcm"], "<i2") / 32768
    assert np.abs(samples - explanation.waveform).max() <= 1 / 65536 + 1e-9
    assert sound["title"] == "Our sound"
    assert sound["num_layers"] == explanation.classifier.config.num_hidden_layers
    assert "spectrogram" not in sound


def test_filters_times_a_card_give_the_models_own_numbers(ask, explanation):
    weights = ask("learn_weights")
    model = explanation.classifier.model.audio_spectrogram_transformer
    hidden = explanation.classifier.config.hidden_size
    filters = numbers(weights["filters"], np.int16).reshape(hidden, 16, 16)
    scales, offsets = (numbers(weights[name], np.float32) for name in ("scales", "offsets"))
    grid = explanation.grid
    f, t = 4, 2
    card = explanation.input_values[np.ix_(grid.frames(t), grid.mel_bins(f))].T
    found = (filters * scales[:, None, None] * card).sum((1, 2)) + offsets
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0)
    expected = model.embeddings.patch_embeddings(batch)[0, f * grid.time_patches + t]
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-3)


def test_addresses_keep_their_directions(ask, explanation):
    weights = ask("learn_weights")
    found = numbers(weights["addresses"], np.int8).reshape(explanation.grid.num_tokens, -1)
    embeddings = explanation.classifier.model.audio_spectrogram_transformer.embeddings
    true = embeddings.position_embeddings[0].numpy()
    cosine = (found * true).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(true, axis=1)
    assert cosine.min() > 0.999


def test_contributions_of_a_label_sum_to_its_logit(ask, explanation):
    answer = ask("learn_answer")
    hidden = explanation.classifier.config.hidden_size
    pooled = numbers(answer["pooled"], np.float32)
    weights = numbers(answer["weights"], np.float32).reshape(-1, hidden)
    sums = weights @ pooled + answer["offsets"]
    np.testing.assert_allclose(sums, answer["logits"], atol=1e-3)
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0)
    logits = explanation.classifier.logits(batch)[0].numpy()
    order = [explanation.classifier.labels.index(label) for label in answer["labels"]]
    np.testing.assert_allclose(sums, logits[order], atol=1e-3)
    assert answer["labels"][0] == explanation.top(1)[0][0]


@pytest.mark.parametrize("kind", [*PLAIN, "hottest", "random"])
def test_an_experiment_tells_the_reference_label_first(ask, explanation, kind):
    answer = ask("learn_experiment", kind=kind)
    label, before, _ = answer["rows"][0]
    assert [label, before] == [answer["reference"]["label"], answer["reference"]["before"]]
    assert label == explanation.top(1)[0][0]
    if kind != "shuffle_without_addresses":  # where before has lost its addresses already
        assert before == pytest.approx(explanation.scores[label], abs=1e-3)
    assert len(answer["rows"]) == len({row[0] for row in answer["rows"]})


@pytest.mark.parametrize("kind", ["shuffle_with_addresses", "shuffle_without_addresses"])
def test_the_theorems_are_told_with_their_difference(ask, kind):
    assert ask("learn_experiment", kind=kind)["difference"] <= 1e-4


def test_a_shuffle_tells_its_order(ask, explanation):
    order = ask("learn_experiment", kind="shuffle_patches")["order"]
    assert sorted(order) == list(range(explanation.grid.num_patches))


def test_painted_patches_count(ask):
    nothing = ask("learn_experiment", kind="paint", patches=[], filling="mean")
    some = ask("learn_experiment", kind="paint", patches=[[0, 0], [5, 3]], filling="silence")
    assert nothing["difference"] == 0
    assert some["difference"] > 0


def test_gains_are_told_from_softest_to_loudest(ask):
    rows = ask("learn_experiment", kind="gains")["rows"]
    assert [row["gain"] for row in rows] == sorted([0, *GAINS])


def test_statistics_tell_whose_they_are(ask):
    rows = ask("learn_experiment", kind="statistics")["rows"]
    assert [row["whose"] for row in rows] == ["own", "audioset", "commands", "off"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kind": "explode"}, "kind is 'explode', expected one of shuffle_with_addresses"),
        ({"kind": 3}, "kind is 3, expected a short text."),
        ({"kind": "paint"}, "patches is None, expected a list of rows and columns."),
        ({"kind": "paint", "patches": [[1]]}, "A patch is [1], expected its row and its column."),
        ({"kind": "paint", "patches": [[1, True]]}, "A patch is [1, True], expected its row"),
        ({"kind": "paint", "patches": [[99, 0]]}, "Patch (99, 0) lies outside the grid"),
        ({"kind": "paint", "patches": [], "filling": 1}, "filling is 1, expected one of mean"),
        ({"kind": "stride", "fstride": 1, "tstride": 10}, "frequency_stride is 1, expected"),
        ({"kind": "stride"}, "frequency_stride is None, expected a whole number from 6 to 16."),
    ],
)
def test_nonsense_is_answered_with_a_sentence(ask, settings, told):
    assert ask("learn_experiment", **settings)["error"].startswith(told)


def test_a_sound_that_is_gone_is_asked_for_again(ask):
    answer = ask("learn_sound", {"id": "f" * 32})
    assert answer["gone"]


def test_an_example_needs_no_upload(ask):
    request = {"id": "e" * 32, "example": "siren.flac", "model": "speech-commands"}
    sound = ask("learn_sound", {**request, "title": "Siren"})
    assert sound["model"]["name"] == "speech-commands"
    assert sound["num_frames"] == 128


def test_the_worksheet_is_a_pdf_in_a_language_that_there_is(ask):
    sheet = ask("learn_worksheet", language="en", title="Our sound")
    assert base64.b64decode(sheet["data"]).startswith(b"%PDF")
    assert ask("learn_worksheet", language="xx")["error"].startswith("language is 'xx'")
