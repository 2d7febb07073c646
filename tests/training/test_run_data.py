"""What a run learns from is told apart by clips and by what a teacher's files hold."""

from dataclasses import replace

import numpy as np
import pytest

from ast_demo.training.data.clips import TRAIN, VALIDATION, Clip
from ast_demo.training.run_data import data_changes, describe_data


@pytest.fixture
def clips(tmp_path):
    files = [tmp_path / f"{name}.wav" for name in "abcd"]
    for file in files:
        file.write_bytes(b"sound")
    return [Clip(file, ("dog",), TRAIN, file.name, file.name) for file in files]


def write_teacher(file, value):
    np.savez(file, map_values=np.full(1000, value, np.int8))
    return file


def test_the_same_clips_in_another_place_are_the_same_data(clips, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for clip in clips:
        (elsewhere / clip.name).write_bytes(clip.file.read_bytes())
    moved = [replace(clip, file=elsewhere / clip.name) for clip in clips]
    assert data_changes(describe_data(clips), describe_data(moved)) == ""


def test_new_clips_and_those_gone_are_counted(clips):
    changes = data_changes(describe_data(clips[:2]), describe_data(clips[1:]))
    assert changes == "2 clips are new, 1 clips are gone"


def test_clips_of_the_same_name_in_two_data_sets_are_counted_both(clips):
    changes = data_changes(describe_data(clips), describe_data([*clips, clips[0]]))
    assert changes == "1 clips are new"


@pytest.mark.parametrize(
    "change", [{"labels": ("cat",)}, {"split": VALIDATION}, {"recording": "all of one"}]
)
def test_a_clip_that_is_used_otherwise_is_counted(clips, change):
    now = [replace(clips[0], **change), *clips[1:]]
    changes = data_changes(describe_data(clips), describe_data(now))
    assert changes == "1 clips have another label, split, recording or size"


def test_a_clip_that_was_recorded_anew_is_counted(clips):
    before = describe_data(clips)
    clips[2].file.write_bytes(b"another sound")
    changes = data_changes(before, describe_data(clips))
    assert changes == "1 clips have another label, split, recording or size"


def test_another_order_gives_other_batches(clips):
    changes = data_changes(describe_data(clips), describe_data(clips[::-1]))
    assert changes == "the clips come in another order"


def test_soft_targets_are_told_apart_by_what_they_hold_and_not_by_their_name(clips, tmp_path):
    first, copy, other = (
        describe_data(clips, [write_teacher(tmp_path / f"{name}.npz", value)])
        for name, value in (("first", 1), ("copy", 1), ("other", 2))
    )
    assert data_changes(first, copy) == ""
    assert data_changes(first, other) == "the soft targets are others"
    assert data_changes(first, describe_data(clips)) == "the soft targets are others"
