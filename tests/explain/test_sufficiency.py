"""The smallest sound is small and enough, and scores over depth end at the model's answer."""

import numpy as np
import pytest

from ast_demo.classifier import AudioClassifier
from ast_demo.explain.sufficiency import (
    WANTED,
    decision_layer,
    scores_over_depth,
    smallest_sound,
)
from tests.helpers.listening_model import LISTENER, scene


@pytest.fixture(scope="module")
def explanation():
    classifier = AudioClassifier.load(LISTENER, device="cpu", dtype="float32")
    return classifier.explain(scene([(0.4, 0.9, "High tone")], 1.295))


def test_the_smallest_sound_brings_most_of_the_score_back(explanation):
    label = explanation.top(1)[0][0]
    found = smallest_sound(explanation, explanation.relevance(label), label)
    assert found.reached
    assert found.score >= WANTED * found.whole
    assert 0 < found.share < 1
    assert found.mask.mean() < found.share * 1.01


def test_what_was_not_put_back_is_silent(explanation):
    label = explanation.top(1)[0][0]
    found = smallest_sound(explanation, explanation.relevance(label), label)
    assert len(found.waveform) == len(explanation.waveform)
    assert np.square(found.waveform).sum() <= np.square(explanation.waveform).sum() * 1.01
    assert found.heard == pytest.approx(
        explanation.classifier.classify(found.waveform).scores[label], abs=1e-5
    )


def test_the_sentence_names_label_share_and_scores(explanation):
    label = explanation.top(1)[0][0]
    sentence = smallest_sound(explanation, explanation.rollout, label).sentence
    assert label in sentence
    assert "played alone" in sentence or "No part" in sentence


def test_an_unknown_label_is_refused(explanation):
    with pytest.raises(ValueError, match="'cow'"):
        smallest_sound(explanation, explanation.rollout, "cow")


def test_scores_over_depth_end_at_the_models_answer(explanation):
    scores = scores_over_depth(explanation)
    labels = explanation.classifier.labels
    assert len(scores) == explanation.classifier.config.num_hidden_layers + 1
    expected = [explanation.scores[label] for label in labels]
    assert scores[-1] == pytest.approx(np.array(expected), abs=1e-5)


def test_the_decision_is_where_a_label_becomes_best_and_stays():
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
    assert decision_layer(scores, 1) == 3
    assert decision_layer(scores, 0) is None
    assert decision_layer(scores[3:], 1) == 0
