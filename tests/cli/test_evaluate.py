"""The command that makes the scores of a checkpoint fit held-out sounds."""

import json

import numpy as np
import soundfile

from ast_demo import AudioClassifier
from ast_demo.__main__ import main
from ast_demo.training.data.unknown_sounds import write_unknown_sounds


def write_words(folder, count):
    rng = np.random.default_rng(0)
    for label in ("yes", "no"):
        for split in ("train", "validation"):
            for number in range(count):
                path = folder / split / label / f"{number}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, 0.05 * rng.standard_normal(16000), 16000)
    return ["--data", str(folder)]


def test_a_calibrated_checkpoint_ranks_as_before_and_knows_when_to_abstain(tmp_path, capsys):
    data = write_words(tmp_path / "data", 12)
    files = write_unknown_sounds(tmp_path / "unknown")
    out = tmp_path / "calibrated"
    arguments = ["calibrate", "speech-commands", *data, "-o", str(out)]
    assert main([*arguments, "--unknown", str(tmp_path / "unknown")]) == 0
    assert f"24 clips: logits times 0.2000 plus {0:.4f}" in capsys.readouterr().out
    assert json.loads((out / "config.json").read_text())["abstention_threshold"] > 0
    before, after = AudioClassifier.load("speech-commands"), AudioClassifier.load(str(out))
    for file in files[:3]:
        ranked = [name for name, _ in before.classify(file).top(3)]
        assert [name for name, _ in after.classify(file).top(3)] == ranked


def test_a_share_that_cannot_be_is_one_sentence(tmp_path, capsys):
    arguments = ["calibrate", "speech-commands", *write_words(tmp_path / "data", 1)]
    assert main([*arguments, "-o", str(tmp_path / "out"), "--unknown-share", "1"]) == 2
    assert "--unknown-share is 1.0" in capsys.readouterr().err
