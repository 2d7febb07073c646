"""Reading data sets: what is understood, and what each mistake is answered with."""

import shutil

import pytest

from ast_demo.training.data.clips import DataError
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.data.synthetic_sounds import write_sounds
from tests.helpers.training_sounds import write_classes, write_table


@pytest.fixture
def classes(tmp_path):
    return write_classes(tmp_path / "sounds")


def test_a_folder_per_class_gives_its_names_as_labels(classes):
    dataset = read_datasets([classes])
    assert dataset.labels == ("high", "low", "middle")
    assert len(dataset.clips) == 18


def test_a_fifth_of_each_class_is_held_out_and_the_same_every_time(classes):
    first, second = read_datasets([classes]), read_datasets([classes])
    assert first == second
    held_out = [clip.labels[0] for clip in first.split("validation")]
    assert sorted(held_out) == ["high", "low", "middle"]


def test_clips_of_one_recording_stay_in_one_split(classes):
    rows = [f"low/{i}.wav,low,r{i // 2}" for i in range(6)]
    rows += [f"high/{i}.wav,high,s{i // 2}" for i in range(6)]
    table = write_table(classes, "file,label,recording\n" + "\n".join(rows))
    sides = {}
    for clip in read_datasets([table]).clips:
        sides.setdefault(clip.recording, set()).add(clip.split)
    assert all(len(splits) == 1 for splits in sides.values()), sides


def test_a_recording_in_both_splits_is_called_a_leak(classes):
    table = write_table(
        classes,
        "file,label,split,recording\nlow/0.wav,low,train,a\nhigh/0.wav,high,train,b\n"
        "low/1.wav,low,validation,a\n",
    )
    assert "1 recordings are in both splits (a)" in read_datasets([table]).warnings[0]


def test_identical_files_in_both_splits_are_called_a_leak(classes):
    shutil.copy(classes / "low" / "0.wav", classes / "low" / "copy.wav")
    table = write_table(
        classes,
        "file,label,split\nlow/0.wav,low,train\nhigh/0.wav,high,train\n"
        "low/copy.wav,low,validation\n",
    )
    assert any("byte for byte (low/copy.wav)" in text for text in read_datasets([table]).warnings)


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no .*nowhere"):
        read_datasets([tmp_path / "nowhere"])


def test_renaming_labels_to_nothing_leaves_the_clips_out(classes):
    dataset = read_datasets([classes]).relabelled({"low": "deep", "middle": None}, ("high", "deep"))
    assert dataset.labels == ("high", "deep")
    assert len(dataset.clips) == 12


def test_held_out_clips_are_learnt_too_where_their_names_begin_so(classes):
    dataset = read_datasets([classes])
    held_out = dataset.split("validation")
    beginning = held_out[0].name.split("/")[0] + "/"
    learnt = dataset.learning_also(beginning)
    assert {c.name for c in learnt.split("validation")} == {
        c.name for c in held_out if not c.name.startswith(beginning)
    }
    with pytest.raises(DataError, match="no held-out clip's file name begins with 'nothing/'"):
        dataset.learning_also("nothing/")


def test_labels_outside_the_expected_ones_are_named(classes):
    with pytest.raises(DataError, match=r"1 labels that are not expected here \(middle\)"):
        read_datasets([classes]).relabelled({}, ("high", "low"))


def test_esc50_is_read_as_it_comes_without_its_test_fold(tmp_path):
    (tmp_path / "meta").mkdir()
    (tmp_path / "audio").mkdir()
    rows = ["filename,fold,target,category,esc10,src_file,take"]
    for fold, category in ((1, "dog"), (2, "chirping_birds"), (4, "dog"), (5, "dog")):
        rows.append(f"{fold}-7.wav,{fold},0,{category},False,{fold}7,A")
        (tmp_path / "audio" / f"{fold}-7.wav").write_bytes(bytes([fold]))
    (tmp_path / "meta" / "esc50.csv").write_text("\n".join(rows), encoding="utf-8")
    dataset = read_datasets([tmp_path])
    assert dataset.labels == ("Chirping birds", "Dog")
    assert [clip.split for clip in dataset.clips] == ["train", "train", "validation"]
    assert dataset.clips[0].recording == "esc50:17"


def test_speech_commands_are_read_with_their_own_lists(tmp_path):
    for word in ("yes", "no"):
        (tmp_path / word).mkdir()
        for speaker in ("aa", "bb", "cc"):
            (tmp_path / word / f"{speaker}_nohash_0.wav").write_bytes((word + speaker).encode())
    (tmp_path / "validation_list.txt").write_text("yes/bb_nohash_0.wav\nno/bb_nohash_0.wav\n")
    (tmp_path / "testing_list.txt").write_text("yes/cc_nohash_0.wav\nno/cc_nohash_0.wav\n")
    dataset = read_datasets([tmp_path])
    assert {clip.recording for clip in dataset.split("train")} == {"speaker:aa"}
    assert {clip.recording for clip in dataset.split("validation")} == {"speaker:bb"}


def test_several_data_sets_are_put_together(classes, tmp_path):
    other = write_classes(tmp_path / "other")
    (other / "low").rename(other / "hum")
    dataset = read_datasets([classes, other])
    assert dataset.labels == ("high", "hum", "low", "middle")
    assert len(dataset.clips) == 36


def test_made_up_sounds_are_a_data_set(tmp_path):
    write_sounds(tmp_path / "sounds", clips=5)
    dataset = read_datasets([tmp_path / "sounds"])
    assert dataset.labels == ("beeps", "gusts", "sweep")
    assert [len(dataset.split(name)) for name in ("train", "validation")] == [12, 3]


def test_a_test_split_is_left_out_and_counted(tmp_path):
    for name, clips in (("train", 3), ("val", 2), ("test", 4)):
        write_classes(tmp_path / "data" / name, clips=clips)
    dataset = read_datasets([tmp_path / "data"])
    assert (len(dataset.split("train")), len(dataset.split("validation"))) == (9, 6)
    assert dataset.warnings[0].startswith("12 clips of the test split are left out")


def test_train_and_test_alone_keep_a_fifth_of_the_former_for_validation(tmp_path):
    for name in ("train", "test"):
        write_classes(tmp_path / "data" / name, clips=5)
    dataset = read_datasets([tmp_path / "data"])
    assert (len(dataset.split("train")), len(dataset.split("validation"))) == (12, 3)
