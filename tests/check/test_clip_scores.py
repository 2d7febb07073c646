"""Labelled clips are scored, one that cannot be read is listed and never fatal."""

import pytest

from ast_demo.check.clip_scores import credited, score_clips
from ast_demo.check.clip_summary import (
    summarize_clips,
)
from ast_demo.check.clips import ClipSet, match_labels, open_clips
from ast_demo.check.run import CheckError
from ast_demo.training.data.clips import Clip


def measure(classifier, clips, perturbed=False):
    *steps, scores = score_clips(classifier, clips.clips, perturbed)
    return steps, summarize_clips(scores, clips)


def test_clips_are_measured_and_an_unreadable_one_is_listed(classifier, clip_folder, tmp_path):
    clips = match_labels(open_clips(clip_folder, tmp_path), classifier.labels)
    steps, summary = measure(classifier, clips)
    assert steps[-1] == 7
    assert summary["clips"] == 6
    assert summary["top1"] == 1.0
    assert [row["clip"] for row in summary["unreadable"]] == ["hiss/broken.wav"]
    assert summary["confusion"]["counts"] == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]


def test_clips_are_measured_under_noise_on_the_telephone_and_in_a_room(
    classifier, clip_folder, tmp_path
):
    clips = match_labels(open_clips(clip_folder, tmp_path), classifier.labels)
    _, summary = measure(classifier, clips, perturbed=True)
    assert len(summary["under"]) == 3
    assert all(0 <= row["right"] <= 6 for row in summary["under"].values())


def test_a_missing_file_of_a_table_is_listed_and_not_fatal(classifier, clip_folder):
    table = clip_folder / "labels.csv"
    table.write_text("file,label\nhiss/0.wav,Hiss\nhiss/gone.wav,Hiss\n")
    clips = match_labels(open_clips(table, clip_folder), classifier.labels)
    _, summary = measure(classifier, clips)
    assert [row["clip"] for row in summary["unreadable"]] == ["hiss/gone.wav"]


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
