"""One list says which files of a folder are sounds."""

import re
from pathlib import Path

import pytest

import ast_demo
from ast_demo.audio.suffixes import READABLE_SUFFIXES, UNREADABLE_SUFFIXES, find_sounds
from ast_demo.ui.sound.file_input import ACCEPTED

PACKAGE = Path(ast_demo.__file__).parent


@pytest.mark.parametrize("suffix", [".w64", ".rf64", ".aifc", ".snd", ".WAVE", ".Flac", ".oga"])
def test_every_suffix_that_can_be_read_is_found_in_either_case(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_bytes(b"sound")
    assert [path.name for path in find_sounds(tmp_path).readable] == [f"a{suffix}"]


def test_what_cannot_be_read_is_named_and_counted(tmp_path):
    for name in ("a.m4a", "b.WMA", "c.amr", "d.webm", "e.wav", "._e.wav", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    found = find_sounds(tmp_path)
    assert [path.name for path in found.readable] == ["e.wav"]
    unreadable, companions = found.left_out()
    assert "4 files are left out" in unreadable
    assert "a.m4a, b.WMA, c.amr and 1 more" in unreadable
    assert companions.startswith("1 file was skipped whose names begin with ._ (._e.wav)")


def test_the_page_offers_to_open_all_of_them():
    assert {"audio/*", *READABLE_SUFFIXES, *UNREADABLE_SUFFIXES} == set(ACCEPTED.split(","))


def test_there_is_no_second_list():
    listing = re.compile(r"\.wav\W{1,6}\.(mp3|flac|wave|ogg)")
    found = [
        path.name
        for kind in ("*.py", "*.js", "*.html")
        for path in PACKAGE.rglob(kind)
        if listing.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["suffixes.py"]
