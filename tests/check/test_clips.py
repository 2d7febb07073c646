"""Labelled clips are found in folders, tables and ZIPs, and matched with a model's labels."""

import zipfile

import pytest

from ast_demo.check.archive import ArchiveError, ArchiveLimits
from ast_demo.check.clips import NAMED_LABELS, close_names, match_labels, open_clips
from ast_demo.check.run import CheckError
from ast_demo.training.data.clips import Clip, DataError
from tests.helpers.listening_model import LABELS


def test_a_zip_gives_the_same_as_the_folder(classifier, clip_folder, tmp_path):
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(clip_folder.rglob("*.wav")):
            archive.write(path, path.relative_to(clip_folder))
    inside, outside = open_clips(file, tmp_path / "out"), open_clips(clip_folder, tmp_path)
    assert [clip.name for clip in inside] == [clip.name for clip in outside]


def test_a_table_in_a_zip_may_not_name_files_outside(tmp_path):
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("labels.csv", "file,label\n../../../etc/passwd,Hiss\n")
    with pytest.raises(CheckError, match="lies outside"):
        open_clips(file, tmp_path / "out")


@pytest.mark.parametrize("name", ["labels.csv", "meta/esc50.csv", "validation_list.txt"])
def test_no_text_in_a_zip_is_read_that_is_larger_than_its_files_need(tmp_path, name):
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Hiss/1.wav", b"x")
        archive.writestr(name, "file,label\n" + "Hiss/1.wav,Hiss\n" * 200)
    limits = ArchiveLimits(members=2, advice="unpack it")
    with pytest.raises(ArchiveError, match=rf"{name} in the ZIP has 3 kB.* 2 kB; unpack it\.$"):
        open_clips(file, tmp_path / "out", limits)


def test_a_message_about_a_zip_names_its_own_places(tmp_path):
    file = tmp_path / "clips.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("Hiss/1.wav", b"x")
        archive.writestr("docs/read.txt", b"x")
    with pytest.raises(DataError, match=r"^the class folder docs holds no sound files"):
        open_clips(file, tmp_path / "out")


def clip(label, name="a.wav", split=""):
    return Clip(None, (label,), split, name, name)


def test_unknown_labels_are_left_out_with_the_names_that_come_closest():
    found = match_labels([clip("Hiss"), clip("Hissing"), clip("Whale")], LABELS)
    assert len(found.clips) == 1
    assert found.unknown == {"Hissing": ["Hiss"], "Whale": []}


def test_close_names_are_looked_for_once_a_label_and_for_the_first_labels_only(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "ast_demo.check.clips.close_names", lambda label, labels: asked.append(label) or ["Hiss"]
    )
    clips = [clip(f"Whale {n:03d}!") for n in range(2 * NAMED_LABELS)] * 2
    found = match_labels([clip("Hiss"), *clips], LABELS)
    assert len(asked) == NAMED_LABELS
    assert len(found.unknown) == 2 * NAMED_LABELS
    assert list(found.unknown.values())[NAMED_LABELS - 1 : NAMED_LABELS + 1] == [["Hiss"], []]


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
