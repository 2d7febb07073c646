"""Folders of classes: splits, strays and what is left out."""

import shutil

import pytest

from ast_demo.training.data.clips import DataError
from ast_demo.training.data.dataset import read_datasets
from tests.helpers.training_sounds import write_classes


@pytest.fixture
def classes(tmp_path):
    return write_classes(tmp_path / "sounds")


def test_named_splits_of_a_folder_are_kept(tmp_path):
    write_classes(tmp_path / "data" / "train", clips=3)
    write_classes(tmp_path / "data" / "val", clips=2)
    dataset = read_datasets([tmp_path / "data"])
    assert (len(dataset.split("train")), len(dataset.split("validation"))) == (9, 6)


def test_an_empty_class_folder_is_named(classes):
    (classes / "nothing").mkdir()
    with pytest.raises(DataError, match=r"class folder .*nothing holds no sound files"):
        read_datasets([classes])


def test_sounds_that_are_left_out_are_named_and_counted(classes):
    shutil.copy(classes / "low" / "0.wav", classes / "low" / "phone.m4a")
    shutil.copy(classes / "low" / "0.wav", classes / "low" / "._0.wav")
    shutil.copy(classes / "low" / "0.wav", classes / "stray.flac")
    dataset = read_datasets([classes])
    assert len(dataset.clips) == 18
    assert "1 sounds in no class folder are left out (stray.flac)." in dataset.warnings
    assert any(
        "low: 1 file is left out" in text and "phone.m4a" in text for text in dataset.warnings
    )
    assert any("._0.wav" in text for text in dataset.warnings)


@pytest.mark.parametrize("suffix", [".w64", ".rf64", ".aifc", ".snd", ".WAVE"])
def test_every_suffix_that_classify_reads_is_found(classes, suffix):
    (classes / "low" / "0.wav").rename(classes / "low" / f"0{suffix}")
    assert len(read_datasets([classes]).clips) == 18


@pytest.mark.parametrize("name", ["train", "Test", "dev", "validation", "val"])
def test_a_class_that_is_named_like_a_split_stays_a_class(classes, name):
    (classes / "low").rename(classes / name)
    assert read_datasets([classes]).labels == tuple(sorted(["high", "middle", name]))


def test_classes_that_are_all_named_like_splits_stay_classes(classes):
    for old, new in (("low", "train"), ("high", "dev"), ("middle", "test")):
        (classes / old).rename(classes / new)
    assert read_datasets([classes]).labels == ("dev", "test", "train")


def test_splits_that_do_not_go_together_are_named_with_what_is_in_them(tmp_path):
    write_classes(tmp_path / "data" / "validation", clips=3)
    with pytest.raises(DataError, match=r"holds validation \(folders\), but not both"):
        read_datasets([tmp_path / "data"])
    (tmp_path / "data" / "train").mkdir()
    shutil.copy(tmp_path / "data/validation/low/0.wav", tmp_path / "data/train")
    with pytest.raises(DataError, match=r"train \(sounds\), validation \(folders\)"):
        read_datasets([tmp_path / "data"])
