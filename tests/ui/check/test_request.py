"""What the page asks for is read within the host's bounds, each of which is told in words."""

import dataclasses
import zipfile
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.context import LocalContext
from gradio.route_utils import delete_files_created_by_app

from ast_demo.ui.check.kept_checks import KEPT_CHECKS, kept_checks
from ast_demo.ui.check.views import check_views


@pytest.fixture
def page():
    """The page that the request belongs to; it notes what has to be deleted."""
    with gr.Blocks() as page:
        pass
    token = LocalContext.blocks.set(page)
    yield page
    LocalContext.blocks.reset(token)


@pytest.fixture
def left(archive):
    """List what lies in the folder of uploads beside the ZIP that was uploaded."""
    return lambda: [path for path in archive.parent.iterdir() if path != archive]


def pack(file, members):
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members:
            packed.writestr(name, content)


def test_a_zip_of_labelled_clips_is_measured_and_its_clips_can_be_played(check, archive):
    request = {"source": "zip", "path": str(archive), "title": "clips.zip"}
    _, last, asked = check(request)
    clips = last["report"]["clips"]
    assert clips["clips"] == 3
    assert [row["clip"] for row in clips["unreadable"]] == ["Hiss/<b>broken</b>.wav"]
    answer = asked["check_clip"]({"id": last["id"], "clip": "Hiss/1.wav"})
    assert Path(answer["path"]).is_file()
    assert "no such clip" in asked["check_clip"]({"id": last["id"], "clip": "../x"})["error"]
    assert "--data clips.zip" in last["report"]["command"]


def test_gradio_deletes_the_clips_of_a_zip_and_meets_no_folder(check, archive, page, left):
    _, last, asked = check({"source": "zip", "path": str(archive)})
    name = asked["check_clip"]({"id": last["id"], "clip": "Hiss/1.wav"})["path"]
    assert name in page.upload_file_set
    assert [path for path in page.upload_file_set if not Path(path).is_file()] == []
    page.upload_file_set.add(str(archive))
    delete_files_created_by_app(page, 0)
    assert not archive.exists()
    assert [path for folder in left() for path in folder.rglob("*") if path.is_file()] == []
    told = asked["check_clip"]({"id": last["id"], "clip": "Hiss/1.wav"})["error"]
    assert "deleted from the server by now" in told


def test_the_clips_of_a_zip_are_deleted_with_their_check(services, model, archive, page, left):
    kept = kept_checks(services.limits)
    request = {"source": "zip", "path": str(archive)}
    *_, last = check_views(services, kept, request, model, None)
    assert last["status"] == "ready"
    assert len(left()) == 1
    for newer in range(KEPT_CHECKS):
        kept.put(str(newer), SimpleNamespace(nbytes=0))
    assert left() == []


def test_a_check_that_is_given_up_leaves_no_clips(services, model, archive, left):
    views = check_views(services, None, {"source": "zip", "path": str(archive)}, model, None)
    while not left():
        next(views)
    views.close()
    assert left() == []


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("1.wav", b"x"), ("2.wav", b"x")], "The ZIP has no subfolders, expected one per class"),
        ([("Hiss/1.wav", b"x"), ("docs/a.txt", b"x")], "The class folder docs holds no sound"),
        ([("all/Hiss/1.wav", b"x"), ("all/docs/a.txt", b"x")], "The class folder all/docs holds"),
        ([("train/1.wav", b"x"), ("val/Hiss/1.wav", b"x")], "The ZIP holds train (sounds), val"),
        ([("a/meta/esc50.csv", b"x\n"), ("a/b/1.wav", b"x")], "a/meta/esc50.csv lacks the column"),
        ([("Whale/1.wav", b"x"), ("Squid/1.wav", b"x")], "The model knows none of the labels"),
        ([("labels.csv", b"file,label\n../../a.wav,Hiss\n")], "which lies outside of it"),
    ],
)
def test_a_zip_that_cannot_be_used_is_refused_in_its_own_words_and_nothing_stays(
    check, archive, page, left, tmp_path, members, words
):
    pack(archive, members)
    _, last, _ = check({"source": "zip", "path": str(archive)})
    assert words in last["message"]
    assert str(tmp_path) not in last["message"]
    assert left() == []
    assert page.upload_file_set == set()


def test_a_check_that_fails_leaves_no_clips(check, archive, page, left):
    pack(archive, [("Hiss/1.wav", b"no sound")])
    _, last, _ = check({"source": "zip", "path": str(archive)})
    assert "None of the 1 clips can be read" in last["message"]
    assert left() == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (b"Hiss/1.wav,Hiss\n" * 7, "lists 7 clips, the limit is 6"),
        (b"Hiss/1.wav,Hiss\n" * 1000, "labels.csv in the ZIP has 15 kB, the limit is 6 kB"),
        (b"Hiss/1.wav,%s\n" % b";".join(b"%d" % n for n in range(99)), "99 labels, the limit"),
    ],
    ids=["rows", "bytes", "labels"],
)
def test_a_table_in_a_zip_is_bounded(check, archive, left, rows, words):
    pack(archive, [("Hiss/1.wav", b"x"), ("labels.csv", b"file,labels\n" + rows)])
    _, last, _ = check({"source": "zip", "path": str(archive)})
    assert words in last["message"]
    assert "check it at home: python -m ast_demo check" in last["message"]
    assert left() == []


def test_a_zip_beyond_the_limits_is_refused_with_the_command_for_home(check, tmp_path):
    file = tmp_path / "uploads" / "many.zip"
    pack(file, [(f"Hiss/{number}.wav", b"x") for number in range(7)])
    request = {"source": "zip", "path": str(file), "title": "many.zip", "heat": True}
    _, last, _ = check(request)
    assert "--quick --heat 3" in last["message"]
    assert "7 files, the limit is 6" in last["message"]
    assert "python -m ast_demo check" in last["message"]
    assert "--data many.zip" in last["message"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"source": "the web"}, "the source is 'the web'"),
        ({"source": "sound"}, "the sound did not arrive"),
        ({"source": "sound", "path": "/etc/passwd"}, "only files uploaded"),
        ({"source": "zip", "path": "/etc/passwd"}, "only files uploaded"),
        ({"source": "zip"}, "did not arrive"),
        ({"source": "examples", "kept": 7}, "kept is 7"),
        ({"source": "examples", "seed": -1}, "seed is -1"),
        ({"source": "examples", "against": "/home/x"}, "model B is '/home/x', expected one of"),
        ({"source": "examples", "room": "http://x/y.wav"}, "addresses are not fetched"),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(check, request_, words):
    _, last, _ = check(request_)
    assert last["status"] == "error"
    assert words.casefold() in last["message"].casefold()


def test_a_model_can_be_compared_with_itself_normalized_otherwise(check, upload):
    request = {"source": "sound", "path": str(upload), "against": "normalized as Speech Commands"}
    _, last, _ = check(request)
    assert last["report"]["comparison"]["greatest_input_difference"] > 0.05
    assert last["report"]["against"]["mean"] == pytest.approx(-6.845978)


def limited(services, **bounds):
    services.limits = dataclasses.replace(services.limits, **bounds)


def test_sounds_beyond_the_number_are_left_out_and_the_report_says_so(check):
    _, last, _ = check({"source": "examples"})
    told = "Left out: 10 of 12 sounds: here at most 2 are bent at a time."
    assert told in last["report"]["not_tested"]


def test_too_many_seconds_of_labelled_clips_are_refused_with_the_command_for_home(
    services, check, archive
):
    limited(services, check_sound_seconds=3)
    _, last, _ = check({"source": "zip", "path": str(archive), "title": "my clips.zip"})
    assert "more than 3 s in all, which is the limit here. At home:" in last["message"]
    assert "--data 'my clips.zip'" in last["message"]
    limited(services, check_sound_seconds=4)  # three of 1.3 s; the broken one counts nothing
    assert check({"source": "zip", "path": str(archive)})[1]["status"] == "ready"


def test_seconds_are_added_up_only_as_far_as_they_matter(services, check, archive, monkeypatch):
    looked_at = []

    def stated_length(file):
        looked_at.append(file)
        return 16000, 2.0

    monkeypatch.setattr("ast_demo.audio.load.stated_length", stated_length)
    limited(services, check_sound_seconds=1)
    check({"source": "zip", "path": str(archive)})
    assert len(looked_at) == 1


def test_too_many_seconds_of_sounds_are_refused_with_the_command_for_home(services, check):
    limited(services, check_sound_seconds=2)
    _, last, _ = check({"source": "examples", "quick": False, "kept": 0.8, "seed": 3})
    assert "more than 2 s in all" in last["message"]
    assert last["message"].endswith("--bar kept=0.8 --seed 3 -o report.html")


def test_a_model_that_is_not_offered_is_named_with_the_command_for_home(check):
    _, last, _ = check({"source": "examples", "against": "MIT/other"})
    assert "--against MIT/other" in last["message"]
