"""Files of visitors are deleted in time, whatever stands in the way of one of them."""

import os

import gradio as gr
import pytest
from gradio.route_utils import delete_files_created_by_app

from ast_demo.ui.services.uploads import HeldFolder, delete_expired


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with gr.Blocks() as page:
        pass
    return page


@pytest.fixture
def note(page, tmp_path):
    """Write files and note them as uploads; returns their paths."""

    def write(*names):
        files = [tmp_path / name for name in names]
        for file in files:
            file.write_bytes(b"x")
        page.upload_file_set.update(map(str, files))
        return files

    return write


def test_a_file_that_cannot_be_deleted_keeps_no_other_and_is_tried_again(page, note, monkeypatch):
    stuck, *others = note("stuck", *"abcdefgh")
    remove = os.remove

    def refuse(path):
        if path == str(stuck):
            raise PermissionError(13, "in use")
        remove(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "remove", refuse)
        delete_expired(page, -1)
    assert [file for file in others if file.exists()] == []
    assert page.upload_file_set == {str(stuck)}
    delete_expired(page, -1)
    assert not stuck.exists()
    assert page.upload_file_set == set()


def test_files_may_be_noted_while_others_are_deleted(page, note, monkeypatch):
    files, remove = note(*"abcdefgh"), os.remove

    def remove_and_note(path):
        remove(path)
        page.upload_file_set.add(f"{path}, newer")

    monkeypatch.setattr(os, "remove", remove_and_note)
    delete_expired(page, -1)
    assert [file for file in files if file.exists()] == []
    assert page.upload_file_set == {f"{file}, newer" for file in files}


def test_a_folder_is_forgotten_so_that_the_round_of_gradio_goes_on(page, note, tmp_path):
    files = note(*"abcdefgh")
    folder = tmp_path / "folder"
    folder.mkdir()
    page.upload_file_set.add(str(folder))
    with pytest.raises(OSError, match="folder"):
        delete_files_created_by_app(page, -1)
    delete_expired(page, 60)
    delete_files_created_by_app(page, -1)
    assert [file for file in files if file.exists()] == []
    assert folder.is_dir()


def test_files_stay_that_are_young_or_kept_by_a_component(page, note):
    young, kept = note("young", "kept")
    delete_expired(page, 60)
    assert young.exists()
    page.keep_in_cache = {str(kept)}
    page.blocks[0] = page
    delete_expired(page, -1)
    assert kept.exists()
    assert not young.exists()


def test_a_file_that_is_yet_to_be_written_stays_noted_and_a_lost_one_does_not(page, tmp_path):
    coming, lost = tmp_path / "coming.wav", tmp_path / "lost" / "a.wav"
    page.upload_file_set.update({str(coming), str(lost)})
    delete_expired(page, -1)
    assert page.upload_file_set == {str(coming)}


def test_a_folder_that_nobody_holds_is_deleted_with_all_in_it(page):
    held = HeldFolder()
    path = held.path
    (path / "Dog").mkdir()
    (path / "Dog" / "1.wav").write_bytes(b"x")
    del held
    assert not path.exists()
