"""What a wrong mean and std cost a model."""

import numpy as np
import pytest
import soundfile

from ast_demo.check.compare import renormalized
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import Clip
from tests.helpers.listening_model import LABELS, LISTENER, sound
from tests.measurements.wrong_normalization import effects


@pytest.fixture(scope="module")
def classifier():
    return AudioClassifier.load(LISTENER, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(1)
    found = []
    for label in LABELS:
        soundfile.write(folder / f"{label}.wav", sound(label, 1.295, rng), 16000)
        found.append(Clip(folder / f"{label}.wav", (label,), "validation", label, label))
    return found


def test_a_mean_that_is_4_nats_off_costs_more_than_one_that_is_1_nat_off(classifier, clips):
    own, *wrong = effects(classifier, clips)
    changes = {effect.name: effect.change for effect in wrong}
    assert own.change == 0.0
    assert own.right == len(LABELS)
    assert changes["mean 4 nats too low"] < changes["mean 1 nat too low"]


def test_what_half_the_std_costs_is_gained_where_the_std_was_not_halved(classifier, clips):
    extractor = classifier.extractor
    doubled = renormalized(classifier, extractor.mean, 2 * extractor.std)
    change = {e.name: e.change for e in effects(classifier, clips)}["std 2 times"]
    assert change < 0
    back = {e.name: e.change for e in effects(doubled, clips)}["std 0.5 times"]
    assert back == pytest.approx(-change, abs=1e-5)
