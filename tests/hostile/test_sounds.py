"""Every broken or lying sound gives the right answer or one clear sentence, quickly."""

import io
import re

import pytest

from ast_demo.audio.load import AudioError, load_audio
from tests.hostile.sound_cases import Case, all_cases, special_paths, write

PROCESSOR_SECONDS = 2.0  # for decoding and classifying with a small model
MEGABYTES = 300  # above the loaded model
MESSAGE_LETTERS = 400
CASES = all_cases()


def check_cost(report):
    assert report["processor_seconds"] < PROCESSOR_SECONDS, report
    assert report["megabytes"] < MEGABYTES, report
    assert report["untouched"], "the running model gives other scores than before"


def check_sentence(message, folder, letters=MESSAGE_LETTERS):
    """A refusal is one line for people: no path, no traceback, no name of an exception."""
    assert message.endswith(".")
    assert len(message) < letters
    assert message.isprintable()
    assert str(folder) not in message
    assert not re.search(r"Traceback|Errno|[a-z]Error|0x[0-9a-f]{6}|/tmp|/proc|/dev", message), (
        message
    )


def test_there_are_no_two_cases_of_one_name():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_sound_is_answered_rightly_or_refused_in_a_sentence(case: Case, worker, tmp_path):
    report = worker.meet_within(PROCESSOR_SECONDS, "hear", write(case, tmp_path))
    assert report["kind"] in ("answer", "refusal"), report
    check_cost(report)
    if report["kind"] == "refusal":
        assert case.refused or not case.heard, report
        assert (case.refused or "") in report["message"], report
        check_sentence(report["message"], tmp_path)
        return
    assert case.refused is None, report
    assert report["finite"], report
    assert report["total"] == pytest.approx(1.0, abs=1e-4)  # softmax
    tolerance = {"seconds": 0.08, "hertz": 8.0, "peak": 0.06, "mean": 0.01}  # codecs pad and round
    for name, expected in case.heard.items():
        assert report[name] == pytest.approx(expected, abs=tolerance[name]), report
    assert case.note is None or any(case.note in note for note in report["notes"]), report


def test_what_is_no_plain_file_is_refused_without_waiting(worker, tmp_path):
    for name, (path, part) in special_paths(tmp_path).items():
        report = worker.meet_within(PROCESSOR_SECONDS, "hear", path)
        assert report["kind"] == "refusal", (name, report)
        assert part in report["message"], (name, report)
        check_cost(report)
        check_sentence(report["message"], tmp_path)


@pytest.mark.parametrize("thing", [None, 12345, 1.5, [], {}, True, object(), io.BytesIO(b"RIFF")])
def test_what_is_no_path_is_refused(thing):
    with pytest.raises(AudioError) as caught:
        load_audio(thing)
    check_sentence(str(caught.value), "/no folder")
