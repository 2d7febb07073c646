"""What the tests of Check share."""

import json

import numpy as np
import pytest
import soundfile

from ast_demo.check.check_run import run_check
from ast_demo.check.clips import match_labels, open_clips
from ast_demo.check.reports.json_report import to_json
from ast_demo.check.request import CheckRequest, CheckSettings
from ast_demo.check.run import Sound
from ast_demo.classifier import AudioClassifier
from tests.helpers.listening_model import LABELS, LISTENER, sound

EVIL = "<script>alert(1)</script>.wav"  # the name of a sound


@pytest.fixture(scope="package")
def classifier() -> AudioClassifier:
    """The small model that tells three sounds apart."""
    return AudioClassifier.load(LISTENER, device="cpu", dtype="float32")


@pytest.fixture(scope="package")
def clip_folder(tmp_path_factory):
    """Two clips a class, one class under another spelling, one clip that is no sound."""
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(1)
    for label, name in zip(LABELS, ("low_tone", "High tone", "hiss")):
        (folder / name).mkdir()
        for number in range(2):
            waveform = sound(label, 1.295, rng) + 0.002 * rng.normal(size=20720)
            soundfile.write(folder / name / f"{number}.wav", waveform, 16000)
    (folder / "hiss" / "broken.wav").write_bytes(b"no sound")
    return folder


@pytest.fixture(scope="package")
def sounds():
    rng = np.random.default_rng(5)
    noise = 0.002 * rng.normal(size=20720)
    waveforms = [(sound(label, 1.295, rng) + noise).astype(np.float32) for label in LABELS]
    names = ("low tone.wav", EVIL, "hiss.wav")
    return [Sound(*each) for each in zip(names, waveforms, (LABELS[0], None, LABELS[2]))]


@pytest.fixture(scope="package")
def clips(tmp_path_factory, classifier):
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(1)
    for label in LABELS:
        (folder / label).mkdir()
        for number in range(2):
            soundfile.write(folder / label / f"{number}.wav", sound(label, 1.295, rng), 16000)
    return match_labels(open_clips(folder, folder), classifier.labels)


@pytest.fixture(scope="package")
def report(classifier, sounds, clips):
    settings = CheckSettings(quick=True, heat_clips=1)
    request = CheckRequest(classifier, sounds, settings, classifier, clips, "clips", command="x y")
    return run_check(request)


@pytest.fixture(scope="package")
def report_of_dollars(report):
    """The same report of a model whose label would begin a formula, and a broken one."""
    quoted = json.dumps(LABELS[1])
    return json.loads(to_json(report).replace(quoted, json.dumps(r"$\frac{$")))
