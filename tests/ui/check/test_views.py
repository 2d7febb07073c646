"""A running check: its progress, its report, its end when its time is over."""

import json

from ast_demo.check.check_run import run_check
from ast_demo.check.request import CheckRequest, CheckSettings
from ast_demo.check.run import Sound, known_label
from ast_demo.classifier import AudioClassifier
from ast_demo.ui.check.views import check_views, shown_report
from ast_demo.ui.services.turns import BusyError
from ast_demo.ui.services.visitor import Visitor, visiting
from tests.helpers.listening_model import LISTENER


def test_a_check_tells_its_progress_and_gives_the_report_of_python(check, services, upload):
    request = {"source": "sound", "path": str(upload), "title": upload.name}
    views, last, _ = check(request)
    assert views[0]["status"] == "busy"
    assert {view["job"] for view in [*views, last]} == {7}
    assert last["status"] == "ready"
    classifier = AudioClassifier.load(LISTENER, device="cpu", dtype="float32")
    waveform = services.read(str(upload))[0].waveform
    asked = Sound(upload.name, waveform, known_label(upload.name, classifier.labels))
    settings = CheckSettings(quick=True, heat_clips=0, perturbed_clips=False)
    expected = shown_report(run_check(CheckRequest(classifier, [asked], settings)))
    for part in ("series", "verdicts", "sounds", "numbers"):
        assert last["report"][part] == expected[part]


def test_the_report_fits_into_one_message(check, services):
    _, last, _ = check({"source": "examples", "quick": False})
    assert len(json.dumps(last)) < 400_000
    assert len(last["report"]["sounds"]) == services.limits.check_sounds


def test_the_sound_that_is_open_in_explore_can_be_checked(check, upload):
    _, last, _ = check({"source": "explore"}, str(upload))
    assert [row["sound"] for row in last["report"]["sounds"]] == [upload.name]
    _, last, _ = check({"source": "explore"})
    assert "no sound open in Explore" in last["message"]


def test_a_check_that_takes_too_long_shows_what_is_done(check, monkeypatch):
    monkeypatch.setattr(
        "ast_demo.ui.check.views.time.monotonic", iter(range(0, 10**9, 200)).__next__
    )
    _, last, _ = check({"source": "examples"})
    told = last["report"]["not_tested"]
    assert told[0] == "What did not fit into 300 s, the limit of this page."
    assert any("Not finished" in line for line in told)


def test_a_second_check_of_an_address_waits_for_the_first_and_says_so(services, check):
    with services.check_place():
        views = check_views(services, None, {"source": "examples"}, services.models.default, None)
        assert "Waiting for another check of your address" in next(views)["stage"]
        views.close()
    views, _, _ = check({"source": "nowhere"})
    assert views[0]["stage"] in ("Reading the sounds", "Loading the model")


def test_checks_of_two_addresses_run_side_by_side(services):
    with visiting(Visitor("one")), services.check_place(), visiting(Visitor("two")):
        assert services.has_check_place()
    with visiting(Visitor("one")), services.check_place():
        assert not services.has_check_place()


def test_a_busy_page_names_the_command_for_home(check, monkeypatch, services):
    def busy():
        raise BusyError("The server is busy: 32 requests wait already, try again soon.")

    monkeypatch.setattr(services, "check_place", busy)
    _, last, _ = check({"source": "examples"})
    assert "try again soon. At home: python -m ast_demo check" in last["message"]


def test_a_check_that_is_given_up_ends_and_frees_its_place(services, model):
    given_up = []
    views = check_views(services, None, {"source": "examples"}, model, None, lambda: bool(given_up))
    assert [next(views)["status"] for _ in range(2)] == ["busy", "busy"]
    assert not services.has_check_place()
    given_up.append(True)
    assert [view["status"] for view in views] == ["error"]
    assert services.has_check_place()
