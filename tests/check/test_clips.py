"""Labelled clips: found in folders, tables and ZIPs, matched, measured, and never fatal."""

import zipfile

import numpy as np
import pytest
import soundfile

from ast_demo.check.clip_scores import credited, score_clips
from ast_demo.check.clip_summary import (
    likely_label_errors,
    scores_to_ask,
    summarize_clips,
    swapped_labels,
)
from ast_demo.check.clips import ClipSet, close_names, match_labels, open_clips
from ast_demo.check.run import CheckError
from ast_demo.classifier import AudioClassifier
from ast_demo.training.data.clips import Clip, DataError
from ast_demo.training.evaluation.evaluate import Evaluation
from ast_demo.training.evaluation.metrics import wilson_interval
from tests.helpers.listening_model import LABELS, LISTENER, sound


@pytest.fixture(scope="module")
def classifier():
    return AudioClassifier.load(LISTENER, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two clips a class, one class under another spelling, one clip that is no sound."""
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(1)
    for label, name in zip(LABELS, ("low_tone", "High tone", "hiss")):
        (folder / name).mkdir()
        for number in range(2):
            waveform = sound(label, 1.295, rng) + 0.002 * rng.normal(size=20720)
            soundfile.write(folder / name / f"{number}.wav", waveform, 16000)
    (folder / "hiss" / "broken.wav").write_bytes(b"no sound")
    return folder


def measure(classifier, clips, perturbed=False):
    *steps, scores = score_clips(classifier, clips.clips, perturbed)
    return steps, summarize_clips(scores, clips)


def test_clips_are_measured_and_an_unreadable_one_is_listed(classifier, folder, tmp_path):
    clips = match_labels(open_clips(folder, tmp_path), classifier.labels)
    steps, summary = measure(classifier, clips)
    assert steps[-1] == 7
    assert summary["clips"] == 6
    assert summary["top1"] == 1.0
    assert [row["clip"] for row in summary["unreadable"]] == ["hiss/broken.wav"]
    assert summary["confusion"]["counts"] == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]


def test_clips_are_measured_under_noise_on_the_telephone_and_in_a_room(
    classifier, folder, tmp_path
):
    clips = match_labels(open_clips(folder, tmp_path), classifier.labels)
    _, summary = measure(classifier, clips, perturbed=True)
    assert len(summary["under"]) == 3
    assert all(0 <= row["right"] <= 6 for row in summary["under"].values())


def test_a_zip_gives_the_same_as_the_folder(classifier, folder, tmp_path):
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*.wav")):
            archive.write(path, path.relative_to(folder))
    inside, outside = open_clips(file, tmp_path / "out"), open_clips(folder, tmp_path)
    assert [clip.name for clip in inside] == [clip.name for clip in outside]


def test_a_table_in_a_zip_may_not_name_files_outside(tmp_path):
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("labels.csv", "file,label\n../../../etc/passwd,Hiss\n")
    with pytest.raises(CheckError, match="lies outside"):
        open_clips(file, tmp_path / "out")


def test_a_missing_file_of_a_table_is_listed_and_not_fatal(classifier, folder):
    table = folder / "labels.csv"
    table.write_text("file,label\nhiss/0.wav,Hiss\nhiss/gone.wav,Hiss\n")
    clips = match_labels(open_clips(table, folder), classifier.labels)
    _, summary = measure(classifier, clips)
    assert [row["clip"] for row in summary["unreadable"]] == ["hiss/gone.wav"]


def clip(label, name="a.wav", split=""):
    return Clip(None, (label,), split, name, name)


def test_unknown_labels_are_left_out_with_the_names_that_come_closest():
    found = match_labels([clip("Hiss"), clip("Hissing"), clip("Whale")], LABELS)
    assert len(found.clips) == 1
    assert found.unknown == {"Hissing": ["Hiss"], "Whale": []}


def test_data_of_which_the_model_knows_nothing_is_refused_with_a_hint():
    with pytest.raises(CheckError, match=r"'Hissing': is it Hiss\? Rename them"):
        match_labels([clip("Hissing")], LABELS)


def test_what_was_trained_on_is_left_out_where_the_data_says_so():
    found = match_labels([clip("Hiss", "a", "train"), clip("Hiss", "b", "validation")], LABELS)
    assert [each.name for each in found.clips] == ["b"]


def test_close_names_share_letters_or_words():
    labels = ["Church bells", "Dog", "Door wood knock"]
    assert close_names("knocking on a door", labels) == ["Door wood knock"]
    assert close_names("church bell", labels) == ["Church bells"]


def test_a_folder_without_classes_is_refused(tmp_path):
    with pytest.raises(DataError, match="one per class"):
        open_clips(tmp_path, tmp_path)


def evaluation(true, called, scores=None, labels=("a", "b", "c")):
    table = np.full((len(true), len(labels)), 0.05)
    table[np.arange(len(true)), called] = 0.9 if scores is None else scores
    targets = np.zeros_like(table, int)
    targets[np.arange(len(true)), true] = 1
    names = tuple(f"{number}.wav" for number in range(len(true)))
    return Evaluation(names, labels, table, targets)


def test_swapped_labels_are_found_and_others_are_not():
    assert swapped_labels(evaluation([0, 0, 1, 1, 2, 2], [1, 1, 0, 0, 2, 2])) == [["a", "b"]]
    assert swapped_labels(evaluation([0, 0, 1, 1, 2, 2], [1, 1, 1, 1, 2, 2])) == []


def test_the_score_to_ask_for_is_the_least_with_enough_certainty():
    scores = np.linspace(0.3, 0.9, 100)
    called = np.zeros(100, int)
    true = np.where(scores < 0.5, 1, 0)
    row = scores_to_ask(evaluation(true, called, scores))[0]
    above = scores >= row["score"] - 1e-9
    assert wilson_interval((true[above] == 0).sum(), above.sum())[0] >= 0.9
    above = scores >= row["score"] - 0.01
    assert wilson_interval((true[above] == 0).sum(), above.sum())[0] < 0.9


def test_few_clips_are_too_few_for_any_score():
    assert scores_to_ask(evaluation([0, 0], [0, 0]))[0]["score"] is None


def test_a_label_gets_a_score_of_its_own_from_twenty_clips_on():
    rows = scores_to_ask(evaluation([0] * 40 + [1] * 5, [0] * 40 + [1] * 5))
    assert [row["label"] for row in rows] == [None, "a"]


def test_sure_but_wrong_clips_are_likely_label_errors():
    rows = [
        {"clip": "x", "right": False, "score": 0.95, "true_score": 0.01},
        {"clip": "y", "right": False, "score": 0.95, "true_score": 0.5},
        {"clip": "z", "right": True, "score": 0.95, "true_score": 0.95},
    ]
    assert [row["clip"] for row in likely_label_errors(rows)] == ["x"]


def test_recordings_of_the_credits_are_named():
    names = ["0005 Cough.wav", "1-145487-A-24.wav", "mine.wav"]
    assert credited("everyday-sounds", names) == names[:2]
    assert credited("../everyday-sounds", names) == []


def test_a_clip_set_without_a_readable_clip_is_refused(classifier, tmp_path):
    bad = tmp_path / "x.wav"
    bad.write_bytes(b"no")
    clips = ClipSet([Clip(bad, ("Hiss",), "", "x", "x.wav")])
    with pytest.raises(CheckError, match="none of the 1 clips can be read"):
        list(score_clips(classifier, clips.clips, False))
