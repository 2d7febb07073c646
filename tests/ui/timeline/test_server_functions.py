"""What the Timeline tab's server functions answer, also to those who ask for what is not theirs."""

from __future__ import annotations

import base64
import json
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from gradio.data_classes import _StaticFiles

from ast_demo.ui.launch import Options, serves_own_machine
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from ast_demo.ui.timeline.server_functions import server_functions
from ast_demo.ui.timeline.views import kept_timelines, timeline_views
from tests.helpers.listening_model import LISTENER, SAMPLING_RATE, scene

SOUNDS = [(1.0, 2.0, "Low tone"), (4.0, 5.0, "Hiss")]


@pytest.fixture(scope="module")
def services() -> Services:
    services = Services.create(Limits(), str(LISTENER), "cpu", "float32")
    services.local = True
    return services


@pytest.fixture
def page(services, tmp_path, monkeypatch) -> SimpleNamespace:
    """The functions by name, and `run` for a whole timeline."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    monkeypatch.setattr(_StaticFiles, "all_paths", [])  # what the owner named before
    kept = kept_timelines()

    def run(path):
        request = {"path": path, "title": "scene", "overlap": 2, "job": 1}
        return list(timeline_views(services, kept, request, None))[-1]

    functions = {f.__name__: f for f in server_functions(services, kept)}
    return SimpleNamespace(run=run, **functions)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "far away.flac"
    soundfile.write(path, scene(SOUNDS, 6.0), SAMPLING_RATE)
    return path


def test_the_owner_names_a_file_of_his_machine_and_it_is_heard_played_and_cut(page, recording):
    told = page.timeline_path({"path": f' "{recording}" '})
    assert told["title"] == "far away.flac"
    view = page.run(told["path"])
    assert view["status"] == "ready", view
    cut = page.timeline_window({"id": view["id"], "window": 2})
    assert "error" not in cut


def test_a_window_is_cut_out_in_turns_that_others_get_between(
    page, services, tmp_path, monkeypatch
):
    path = tmp_path / "long.flac"
    sound = np.random.default_rng(0).normal(0, 0.1, 70 * SAMPLING_RATE)
    soundfile.write(path, sound, SAMPLING_RATE)
    view = page.run(page.timeline_path({"path": str(path)})["path"])
    held = []  # by turn, what is still in memory of the blocks before
    blocks = []
    run_model = services.run_model

    def watched(*what):
        block = run_model(*what)
        held.append(sum(reference() is not None for reference in blocks))
        blocks.append(weakref.ref(block.base))
        return block

    monkeypatch.setattr(services, "run_model", watched)
    number = next(n for n, (start, _) in enumerate(view["windows"]) if start > 60)
    cut = page.timeline_window({"id": view["id"], "window": number})
    assert len(held) == 4  # turns of 20 s each
    assert max(held) <= 1  # the latest alone
    start, end = (round(t * SAMPLING_RATE) for t in view["windows"][number])
    whole, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(soundfile.read(cut["path"], dtype="float32")[0], whole[start:end])


def test_one_example_is_a_recording_too_by_the_name_of_its_file(page, services):
    clip = services.example_clips()[0]
    told = page.timeline_examples({"name": clip.name})
    assert soundfile.info(told["path"]).duration == pytest.approx(soundfile.info(clip).duration)
    assert "error" in page.timeline_examples({"name": "../../etc/passwd"})


@pytest.mark.parametrize("path", [None, "", "scene.flac", "/", "/nowhere/scene.flac", 7])
def test_a_path_of_no_file_is_answered_with_what_is_expected(page, path):
    assert "expected that of a file on this machine" in page.timeline_path({"path": path})["error"]


def test_a_file_that_is_no_sound_is_refused_by_name_and_not_kept(page, tmp_path):
    (tmp_path / "notes.txt").write_text("no sound")
    assert "notes.txt" in page.timeline_path({"path": str(tmp_path / "notes.txt")})["error"]
    assert page.run(str(tmp_path / "notes.txt"))["status"] == "error"


def test_strangers_may_name_no_file(page, recording, services, monkeypatch):
    monkeypatch.setattr(services, "local", False)
    told = page.timeline_path({"path": str(recording)})
    assert told == {"error": "This page is not for its own machine alone: upload the recording."}
    assert page.run(str(recording))["status"] == "error"


@pytest.mark.parametrize(
    ("options", "environment", "own"),
    [
        (Options(), {}, True),
        (Options(host="localhost"), {}, True),
        (Options(host="0.0.0.0"), {}, False),
        (Options(password="a:b"), {}, False),
        (Options(), {"SPACE_ID": "x/y"}, False),
        (Options(), {"AST_HOSTS": "sounds.example"}, False),
        (Options(), {"GRADIO_ROOT_PATH": "/ast"}, False),
        (Options(), {"AST_LOCAL": "0"}, False),
    ],
)
def test_only_a_page_that_nobody_else_reaches_is_for_its_own_machine(options, environment, own):
    assert serves_own_machine(options, environment) is own


def test_the_small_picture_shows_each_sound_in_its_column(page, recording):
    view = page.run(page.timeline_path({"path": str(recording)})["path"])
    json.dumps(view)
    facts = view["overview"]
    cells = np.frombuffer(base64.b64decode(facts["cells"]), np.uint8)
    picture = cells.reshape(facts["columns"], facts["rows"])
    assert facts["columns"] * facts["column_seconds"] == pytest.approx(6.0, abs=0.05)
    column = round(1.5 / facts["column_seconds"])  # amid the low tone of about 300 Hz
    assert picture[column].argmax() in range(3, 7)
