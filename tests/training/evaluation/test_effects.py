"""What experiments do to many clips is counted, not guessed."""

import numpy as np
import pytest
import soundfile

from ast_demo.classifier import AudioClassifier
from ast_demo.explain.experiments import PLAIN
from ast_demo.training.data.clips import Clip, DataError
from ast_demo.training.evaluation.effects import measure_effects


@pytest.fixture(scope="module")
def classifier():
    return AudioClassifier.load("speech-commands", device="cpu", dtype="float32")


def clip(folder, name, label):
    seconds = np.arange(16000) / 16000
    sound = 0.2 * np.sin(2 * np.pi * (200 + 600 * seconds) * seconds)
    soundfile.write(folder / name, sound, 16000, subtype="PCM_16")
    return Clip(folder / name, (label,), "validation", recording=name, name=name)


def test_shares_count_right_and_kept_labels(classifier, tmp_path):
    label = classifier.classify(soundfile.read(clip(tmp_path, "a.wav", "").file)[0]).top(1)[0][0]
    other = next(each for each in classifier.labels if each != label)
    clips = [clip(tmp_path, "a.wav", label), clip(tmp_path, "b.wav", other)]
    measured = measure_effects(classifier, clips)
    assert measured["clips"] == 2
    assert measured["right"] == 0.5
    assert set(measured["experiments"]) == {"hottest", "random", *PLAIN}
    glued = measured["experiments"]["shuffle_with_addresses"]
    assert (glued["kept"], glued["right"]) == (1.0, 0.5)
    assert glued["kept_interval"][0] < 0.5


def test_no_clips_are_refused(classifier):
    with pytest.raises(DataError, match="there are no clips to measure with"):
        measure_effects(classifier, [])
