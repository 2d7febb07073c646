"""Two models on the same sounds: differences are found, counted and tested."""

import copy

import numpy as np
import pytest
import torch

from ast_demo.check.compare import compare_models, mcnemar, summarize_differences, worst_first
from ast_demo.check.run import CheckError, Sound
from ast_demo.classifier import AudioClassifier
from ast_demo.features.extractor import ASTFeatureExtractor
from tests.helpers.listening_model import LABELS, sound


@pytest.fixture(scope="module")
def sounds():
    rng = np.random.default_rng(5)
    noise = 0.002 * rng.normal(size=20720)
    waveforms = [(sound(label, 1.295, rng) + noise).astype(np.float32) for label in LABELS]
    return [Sound(f"{label}.wav", wave, label) for label, wave in zip(LABELS, waveforms)]


def test_a_model_agrees_with_itself_to_the_last_bit(classifier, sounds):
    found = list(compare_models(classifier, classifier, sounds))
    summary = summarize_differences(classifier, classifier, found)
    assert summary["agree"] == 3
    assert summary["greatest_input_difference"] == summary["greatest_logit_difference"] == 0
    assert summary["mean_map_likeness"] == pytest.approx(1.0)
    assert summary["labelled"]["mcnemar_p"] == 1.0


def test_a_wrong_normalization_shows_in_the_input_and_in_the_logits(classifier, sounds):
    values = {**classifier.extractor.to_dict(), "mean": 3.0}
    other = AudioClassifier(classifier.model, ASTFeatureExtractor.from_dict(values))
    found = list(compare_models(classifier, other, sounds))
    expected = (3.0 - classifier.extractor.mean) / (2 * classifier.extractor.std)
    assert found[0].input_difference == pytest.approx(expected, abs=1e-4)
    assert found[0].logit_difference > 0.1


def with_labels(classifier, names):
    model = copy.deepcopy(classifier.model)
    model.config = copy.deepcopy(model.config)
    model.config.id2label = dict(enumerate(names))
    return AudioClassifier(model, classifier.extractor)


def test_labels_are_matched_by_name_and_the_rest_listed(classifier, sounds):
    other = with_labels(classifier, ("Low tone", "Whistle", "Hiss"))
    summary = summarize_differences(
        classifier, other, list(compare_models(classifier, other, sounds))
    )
    assert summary["shared_labels"] == 2
    assert (summary["only_a"], summary["only_b"]) == (["High tone"], ["Whistle"])


def test_models_without_a_common_label_are_refused(classifier, sounds):
    other = with_labels(classifier, ("a", "b", "c"))
    with pytest.raises(CheckError, match=r"share no label: one knows Low tone, High tone, Hiss"):
        list(compare_models(classifier, other, sounds))


def test_swapped_labels_are_the_worst_disagreement(classifier, sounds):
    other = with_labels(classifier, ("High tone", "Low tone", "Hiss"))
    found = list(compare_models(classifier, other, sounds))
    assert [each.agree for each in worst_first(found)] == [False, False, True]
    summary = summarize_differences(classifier, other, found)
    assert summary["labelled"]["only_a_right"] == 2
    assert "could be chance" in summary["sentence"]


def test_the_scatter_compares_the_known_label_or_else_the_best_of_a(classifier, sounds):
    other = with_labels(classifier, ("High tone", "Low tone", "Hiss"))
    unknown = [Sound(each.name, each.waveform) for each in sounds]
    known, guessed = (list(compare_models(classifier, other, s)) for s in (sounds, unknown))
    assert [each.shown for each in known] == list(LABELS)
    assert [each.shown for each in guessed] == [each.best_a for each in guessed]
    swapped = known[0]
    assert swapped.shown_a == swapped.score_a
    assert swapped.shown_b < swapped.score_b


def test_scores_that_are_no_numbers_are_told(classifier, sounds):
    broken = copy.deepcopy(classifier.model)
    with torch.no_grad():
        broken.classifier.dense.bias.fill_(float("nan"))
    other = AudioClassifier(broken, classifier.extractor)
    with pytest.raises(CheckError, match="not numbers"):
        list(compare_models(classifier, other, sounds))


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 6, 0.03125), (1, 9, 0.021484375)]
)
def test_mcnemar_is_the_exact_binomial_test(only_a, only_b, p):
    assert mcnemar(only_a, only_b) == pytest.approx(p)
