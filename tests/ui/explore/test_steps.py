"""What the page is told between a sound and its picture."""

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
import soundfile

from ast_demo.ui.explore.opening import Opening
from ast_demo.ui.explore.recompute import get_or_explain
from ast_demo.ui.explore.steps import (
    NOTHING,
    Shown,
    again_steps,
    example_steps,
    example_title,
    explain_steps,
    sound_path,
    told_steps,
)
from ast_demo.ui.explore.wishes import Wishes
from ast_demo.ui.page import build_page
from ast_demo.ui.services import uploads
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.visitor import Visitor, visiting
from tests.helpers.page import SAMPLING_RATE, save_small_model, tone


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "small"
    save_small_model(folder)
    return Services.create(Limits(), str(folder), "cpu", "float32")


@pytest.fixture
def upload(tmp_path, monkeypatch):
    """Write a tone that counts as uploaded."""
    monkeypatch.setattr(uploads, "upload_folder", lambda: tmp_path)

    def write(seconds):
        path = tmp_path / "tone.wav"
        soundfile.write(path, tone(440.0, seconds), SAMPLING_RATE, subtype="PCM_16")
        return str(path)

    return write


def event(**data):
    return SimpleNamespace(_data=data)


def test_the_opening_example_is_explained_once_and_each_visitor_gets_an_id(services):
    opening = services.opening = Opening(services)
    first, second = opening.answer()["payload"], opening.answer()["payload"]
    assert first["title"] == "Siren"
    assert first["spectrogram"] is second["spectrogram"]
    assert first["id"] != second["id"]


def test_a_question_about_the_opening_example_finds_the_shared_explanation(services):
    opening = services.opening = Opening(services)
    payload = opening.answer()["payload"]
    request = {**payload["source"], "model": services.models.default}
    found = get_or_explain(services, payload["id"], request)
    assert found is opening.explanation_of(str(opening.clip), services.models.default)


def test_without_examples_the_page_opens_empty(services, tmp_path):
    bare = Services.create(Limits(), services.models.default)
    bare.examples = tmp_path
    assert Opening(bare).answer() == {"payload": None}


def test_an_example_is_told_with_its_stage_and_then_its_picture(services):
    clip = services.example_clips()[0]
    (busy, _), (payload, shown) = example_steps(services, Wishes(), clip, services.models.default)
    assert busy["status"] == "busy"
    assert payload["title"] == example_title(clip) == shown.title


def test_a_window_of_a_long_sound_begins_where_it_was_dragged(services, upload):
    told = event(path=upload(12.0), title="long.wav", start=4.0)
    *_, (payload, shown) = told_steps(services, Wishes(), services.models.default, told)
    assert shown.start == payload["waveform"]["start"] == payload["source"]["start"] == 4.0
    assert payload["seconds"] == payload["waveform"]["seconds"] == 12.0
    assert "12.00 s long, 4.00 to 9.13 s are used" in payload["notes"]


def test_a_window_never_begins_after_the_last_one(services, upload):
    told = event(path=upload(12.0), title="long.wav", start=99.0)
    *_, (payload, _) = told_steps(services, Wishes(), services.models.default, told)
    window = services.models.get().window_seconds
    assert payload["waveform"]["start"] == pytest.approx(12.0 - window)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"path": None, "problem": "The file has 60 MB."}, "60 MB"),
        ({"example": "no-such.wav"}, "no-such.wav"),
    ],
)
def test_what_does_not_arrive_is_told_once_above_the_picture(services, data, words):
    ((picture, _),) = told_steps(services, Wishes(), services.models.default, event(**data))
    assert picture["status"] == "error"
    assert words in picture["message"]


def test_a_sound_that_cannot_be_read_is_told_and_the_shown_one_stays(services, tmp_path):
    *_, (picture, shown) = explain_steps(
        services, Wishes(), Shown(str(tmp_path / "gone.wav"), "gone.wav"), services.models.default
    )
    assert picture["status"] == "error"
    assert not isinstance(shown, Shown)


@pytest.mark.parametrize(
    ("state", "opening", "expected"),
    [
        (None, "siren.wav", "siren.wav"),
        (None, None, None),
        (NOTHING, "siren.wav", None),
        (Shown("upload.wav", "Recording"), "siren.wav", "upload.wav"),
    ],
)
def test_other_tabs_learn_where_the_sound_in_the_picture_lies(state, opening, expected):
    assert sound_path(state, opening and Path(opening)) == expected


@pytest.mark.parametrize(("shown", "expected"), [(None, "Siren"), ("", None)])
def test_another_model_hears_the_opening_example_unless_it_was_cleared(services, shown, expected):
    opening = Opening(services)
    *_, (picture, _) = again_steps(services, Wishes(), shown, services.models.default, opening.clip)
    assert picture.get("title") == expected


NO_CHANGE = (gr.skip(), gr.skip())


@pytest.fixture
def clips(services):
    """Two sounds."""
    return services.example_clips()[:2]


def test_the_answer_to_an_earlier_wish_never_replaces_a_newer_one(services, clips):
    wishes, model = Wishes(), services.models.default
    earlier, newer = (example_steps(services, wishes, clip, model) for clip in clips)
    next(earlier)
    *_, (_, shown) = newer
    assert shown.title == example_title(clips[1])
    assert list(earlier) == [NO_CHANGE]


def test_a_sound_that_was_taken_away_does_not_come_back(services, clips):
    wishes = Wishes()
    steps = example_steps(services, wishes, clips[0], services.models.default)
    next(steps)
    wishes.take_back()
    assert list(steps) == [NO_CHANGE]


def test_the_wishes_of_two_pages_are_both_answered(services, clips):
    wishes, model, pictures = Wishes(), services.models.default, []
    steps = [example_steps(services, wishes, clip, model) for clip in clips]
    for _ in range(2):
        for session, step in zip(("one page", "another"), steps):
            with visiting(Visitor("an address", session)):
                pictures.append(next(step)[0].get("title"))
    assert pictures == [None, None, *map(example_title, clips)]


def test_a_wish_that_was_overtaken_waits_for_no_turn(services, clips):
    wishes = Wishes()
    steps = example_steps(services, wishes, clips[0], services.models.default)
    next(steps)
    wishes.take_back()
    held = [services.places.take() for _ in range(services.limits.visitor_turns)]
    try:
        assert list(steps) == [NO_CHANGE]
    finally:
        for ticket in held:
            services.places.give(ticket)


def test_another_model_hears_the_sound_that_is_on_its_way(services, clips):
    wishes, model = Wishes(), services.models.default
    earlier = example_steps(services, wishes, clips[0], model)
    next(earlier)
    before = Shown(str(clips[1]), "the sound before")
    *_, (picture, _) = again_steps(services, wishes, before, model, None)
    assert picture["title"] == example_title(clips[0])
    assert list(earlier) == [NO_CHANGE]
    *_, (picture, _) = again_steps(services, wishes, before, model, None)
    assert picture["title"] == "the sound before"


def test_no_wish_is_dropped_while_another_is_worked_on(services):
    """Gradio's page skips an event of mode "once" while the one before is pending."""
    functions = build_page(services).fns.values()
    modes = [
        function.trigger_mode
        for function in functions
        if any(output.elem_id == "explorer" for output in function.outputs)
    ]
    assert modes == ["multiple"] * len(modes)
    assert len(modes) > len(services.example_clips())
