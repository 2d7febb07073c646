"""The classifiers that ship with the repository: what was promised of each, on sounds made here."""

import csv
import json
import re

import numpy as np
import pytest
import torch
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

from ast_demo import AudioClassifier, load_audio
from ast_demo.checkpoint.locate import BUNDLED_FOLDER, bundled_names
from ast_demo.training.recipe import load_recipe

MOST_BYTES = 10_000_000
MOST_WEIGHTS = 4_900_000
SAMPLING_RATE = 16000
REPOSITORY = BUNDLED_FOLDER.parent
ALLOWED = ("CC0", "CC-BY", "public domain", "GPL", "LGPL", "MIT", "EXPAT", "BSD", "ZLIB")
CREDIT_COLUMNS = ["title", "author", "licence", "url", "source", "files"]

pytestmark = pytest.mark.parametrize("name", bundled_names())


@pytest.fixture
def classifier(name):
    return AudioClassifier.load(name, device="cpu", dtype="float32")


def room_noise(decibels, seconds=5.0):
    """Make noise that falls by 6 dB an octave, as rooms do."""
    rng = np.random.default_rng(3)
    noise = np.cumsum(rng.standard_normal(int(seconds * SAMPLING_RATE)))
    noise -= np.convolve(noise, np.ones(4000) / 4000, "same")
    return (10 ** (decibels / 20) * noise / noise.std()).astype(np.float32)


def test_it_is_small_and_holds_half_precision(name, classifier):
    file = BUNDLED_FOLDER / name / "model.safetensors"
    assert file.stat().st_size < MOST_BYTES
    assert classifier.model.num_parameters() <= MOST_WEIGHTS
    stored = classifier.checkpoint.load_weights()
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}


def test_its_shape_and_rule_are_those_of_its_recipe(name, classifier):
    recipe = load_recipe(name)
    assert tuple(classifier.labels) == recipe.labels
    assert classifier.config.problem_type == recipe.loss
    rules = {"multi_label_classification": "sigmoid", "single_label_classification": "softmax"}
    assert classifier.rule == rules[recipe.loss]
    window = {"everyday-sounds": 512, "speech-commands": 128}[name]
    shape = (classifier.config.num_mel_bins, classifier.config.patch_size, window)
    assert (128, 16, classifier.config.max_length) == shape
    assert classifier.config.time_stride == classifier.config.frequency_stride == 10


def test_transformers_gives_the_same_scores(name, classifier):
    folder = BUNDLED_FOLDER / name
    sound = load_audio(BUNDLED_FOLDER / "examples" / "siren.flac").waveform
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    reference = AutoModelForAudioClassification.from_pretrained(folder, dtype=torch.float32)
    inputs = extractor(sound, sampling_rate=SAMPLING_RATE, return_tensors="pt")
    with torch.inference_mode():
        logits = reference(**inputs).logits[0]
    scores = logits.sigmoid() if classifier.rule == "sigmoid" else logits.softmax(dim=0)
    prediction = classifier.classify(sound)
    ours = [prediction.scores[label] for label in reference.config.id2label.values()]
    assert ours == pytest.approx(scores.tolist(), abs=1e-4)


@pytest.mark.parametrize("decibels", [None, -75, -60])
def test_nothing_and_a_quiet_room_are_silence(name, classifier, decibels):
    quiet = np.zeros(80000, np.float32) if decibels is None else room_noise(decibels)
    best, score = classifier.classify(quiet).top(1)[0]
    assert best.lower() == "silence"
    assert score > 0.5


def test_its_card_names_its_command_its_results_and_its_failures(name):
    card = (BUNDLED_FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}\n")
    for needed in (
        f"python -m ast_demo evaluate {name} ",
        f"--recipe {name}",
        "confusion.png",
        "reliability.png",
        "## Known failures",
        "CREDITS.csv",
    ):
        assert needed in card, needed
    for figure in ("confusion.png", "reliability.png", "learning.png"):
        assert (BUNDLED_FOLDER / name / figure).is_file(), figure


def test_what_is_written_of_it_is_about_these_weights(name, classifier):
    card = (BUNDLED_FOLDER / name / "README.md").read_text(encoding="utf-8")
    guide = (REPOSITORY / "docs" / "CHECK.md").read_text(encoding="utf-8")
    weights = classifier.checkpoint.sha256()[:16]
    assert f"weights SHA-256 `{weights}`" in card  # of the check's report
    assert f"| {name}, `{weights}`, " in guide
    assert f"Under {classifier.config.abstention_threshold:.2f} (`abstention_threshold`" in card
    findings = re.search("<!-- check -->(.*)```sh", card, re.DOTALL)[1]
    for finding in re.findall("^- (.*)$", findings, re.MULTILINE):
        assert finding in " ".join(guide.split())


def test_every_recording_is_credited_with_a_licence_that_allows_it(name):
    with (BUNDLED_FOLDER / name / "CREDITS.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == CREDIT_COLUMNS
    for row in rows:
        assert row["licence"].startswith(ALLOWED), row
        assert "NC" not in row["licence"], row
        assert row["author"] or row["url"], row  # the address names the author


def test_config_files_are_those_of_an_ast(name):
    config = json.loads((BUNDLED_FOLDER / name / "config.json").read_text(encoding="utf-8"))
    assert config["model_type"] == "audio-spectrogram-transformer"
    assert config["architectures"] == ["ASTForAudioClassification"]
