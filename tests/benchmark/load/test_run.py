"""The load run finds what it must find: right answers, answers of others, and lost requests."""

import json
import threading

import numpy as np
import pytest

from ast_demo.benchmark.load import client as load_client
from ast_demo.benchmark.load import greedy, run


class FakeClient:
    """Answers at once with what it was told to answer."""

    def __init__(self, answers):
        self._answers = answers

    def ask(self, kind):
        answer = self._answers.pop(0) if self._answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer


def visit(answers, monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr(run.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(run.time, "sleep", lambda seconds: None)
    report = run.Report(1, 1.0)
    run._visit(FakeClient(answers), 0, 30, report, threading.Lock())
    return report


def test_an_answer_for_another_sound_is_counted_as_wrong(monkeypatch):
    report = visit([True, False, True], monkeypatch)
    assert len(report.wrong) == 1
    assert report.answered > 1


def test_busy_is_no_loss_and_a_broken_answer_is(monkeypatch):
    report = visit([run.BusyError("busy"), ValueError("broken"), OSError("gone")], monkeypatch)
    assert report.busy == 1
    assert len(report.lost) == 2
    assert "broken" in report.lost[0]


def test_a_client_knows_its_own_scores_from_anothers():
    client = load_client.Client("http://127.0.0.1:1", seed=0)
    client.expected = [{"a": 0.9, "b": 0.1}, {"a": 0.2, "b": 0.8}]
    client.others = [{"a": 0.89, "b": 0.1}]
    assert client._is_ours({"a": 0.9003, "b": 0.0997}, 0)
    assert not client._is_ours({"a": 0.2, "b": 0.8}, 0)
    assert not client._is_ours({"a": 0.891, "b": 0.1}, 0)  # nearer to somebody else's
    assert not client._is_ours({"a": 0.9, "b": 0.2}, 0)
    assert not client._is_ours({"a": 0.9}, 0)


def test_a_client_knows_its_own_live_picture_from_anothers():
    client = load_client.Client("http://127.0.0.1:1", seed=0)
    client._pictures = [np.array([5, 200, 30]), np.array([9, 9, 9])]
    assert client._is_our_picture(np.array([5, 201, 29]), 0)
    assert not client._is_our_picture(np.array([9, 9, 9]), 0)
    assert not client._is_our_picture(np.array([5, 200]), 0)


def test_the_kinds_of_a_run_are_those_that_visitors_send():
    works = {"classify", "explain", "timeline", "live"}
    assert {kind.split()[-1] for kind in run.KINDS} == works


def test_every_client_has_sounds_of_its_own():
    seeds = [1000 * seed + n for seed in range(5) for n in range(load_client.SOUNDS)]
    sounds = {load_client.wav_bytes(load_client.make_sound(seed)) for seed in seeds}
    assert len(sounds) == 10


@pytest.mark.parametrize(
    ("url", "clients", "seconds"),
    [
        ("http://example.com", 1, 1),
        ("http://127.0.0.1.example.com", 1, 1),
        ("http://127.0.0.1:1", 0, 1),
        ("http://127.0.0.1:1", 10_000, 1),
        ("http://127.0.0.1:1", 1, 1e9),
    ],
)
def test_only_a_bounded_load_on_this_machine_is_run(url, clients, seconds):
    with pytest.raises(ValueError, match="expected"):
        run.run_load(url, clients, seconds)


def test_the_percentile_of_a_hundred_values():
    assert run.percentile(range(1, 101), 99) == 100
    assert run.percentile(range(1, 101), 50) == 51
    assert run.percentile([3.0], 99) == 3.0


def test_what_the_end_of_a_run_cuts_off_is_not_lost():
    stop = threading.Event()

    class CutOff:
        def component(self, name):
            return self.serve

        def serve(self, name, request):
            stop.set()
            raise ConnectionError("the server was ended")

    waits = greedy.Waits()
    greedy._hog(CutOff(), waits, stop, "a model")
    assert (waits.greedy["lost"], dict(waits.reasons)) == (0, {})


def test_a_client_reads_what_the_page_is_made_of_once(monkeypatch):
    client, asked = load_client.Client("http://127.0.0.1:1", seed=0), []
    parts = [{"id": 7, "props": {"server_fns": ["deletion"]}}]
    answer = json.dumps({"components": parts}).encode()
    monkeypatch.setattr(client, "_send", lambda path: asked.append(path) or answer)
    assert [client._component_id("deletion") for _ in range(2)] == [7, 7]
    assert asked == ["/config"]
