"""Waiting requests share a run, get their own answers, and fail alone."""

import threading

import pytest

from ast_demo.ui.services.batching import DynamicBatcher
from ast_demo.ui.services.turns import Turns, VisitorLeftError
from ast_demo.ui.services.visitor import HOST, Visitor, visiting


class Model:
    """Doubles numbers; remembers its batches, and runs the first only when told."""

    def __init__(self, blocked=False):
        self.batches = []
        self.started = threading.Event()
        self.go = threading.Event()
        if not blocked:
            self.go.set()

    def run(self, items):
        self.batches.append(list(items))
        self.started.set()
        assert self.go.wait(10)
        if None in items:
            raise ValueError("None is no number.")
        return [2 * item for item in items]


def turns():
    return Turns(1)


def batches(turns, largest=8):
    return DynamicBatcher(turns.turn, largest)


def ask_all(queue, model, items, owner="model", visitors=None):
    """Ask from one thread each while the model is busy with the first; return the answers."""
    answers = {}

    def ask(n, item):
        visitor = Visitor(visitors[n]) if visitors else HOST
        try:
            with visiting(visitor):
                answers[n] = queue.run(owner, item, model.run)
        except ValueError as error:
            answers[n] = str(error)

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(items)]
    threads[0].start()
    assert model.started.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(queue._waiting) < len(items) - 1:
        pass
    model.go.set()
    for thread in threads:
        thread.join(10)
    return [answers[n] for n in range(len(items))]


def test_a_lone_request_runs_alone_at_once():
    model = Model()
    assert batches(turns()).run("model", 3, model.run) == 6
    assert model.batches == [[3]]


def test_requests_that_wait_go_together_and_get_their_own_answers():
    model = Model(blocked=True)
    assert ask_all(batches(turns()), model, [1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]
    assert len(model.batches) == 2
    assert sorted(model.batches[1]) == [2, 3, 4, 5]


def test_a_batch_is_no_larger_than_allowed():
    model = Model(blocked=True)
    assert ask_all(batches(turns(), largest=2), model, list(range(6))) == [0, 2, 4, 6, 8, 10]
    assert max(map(len, model.batches)) == 2


def test_of_several_visitors_none_gets_more_than_his_share_of_a_batch():
    model = Model(blocked=True)
    visitors = ["greedy", *["greedy"] * 6, "one", "another"]
    ask_all(batches(turns(), largest=4), model, list(range(9)), visitors=visitors)
    second = model.batches[1]
    assert {7, 8} <= set(second)
    assert len(second) == 4


def test_a_request_whose_visitor_left_is_not_run():
    gone, model, queue = threading.Event(), Model(blocked=True), batches(turns())
    first = threading.Thread(target=lambda: queue.run("model", 1, model.run))
    first.start()
    assert model.started.wait(10)
    gone.set()
    with visiting(Visitor("leaver", has_left=gone.is_set)), pytest.raises(VisitorLeftError):
        queue.run("model", 2, model.run)
    model.go.set()
    first.join(10)
    assert queue.run("model", 3, model.run) == 6
    assert model.batches == [[1], [3]]


def test_a_request_that_fails_takes_no_other_with_it():
    model = Model(blocked=True)
    answers = ask_all(batches(turns()), model, [1, None, 3, 4])
    assert answers == [2, "None is no number.", 6, 8]


def test_requests_for_another_model_are_not_mixed_in():
    slots, model, other = turns(), Model(blocked=True), Model()
    queue = batches(slots)
    answer = []
    first = threading.Thread(target=lambda: queue.run("model", 1, model.run))
    first.start()
    assert model.started.wait(10)
    threads = [
        threading.Thread(target=lambda: answer.append(queue.run("other", 7, other.run))),
        threading.Thread(target=lambda: answer.append(queue.run("model", 5, model.run))),
    ]
    for thread in threads:
        thread.start()
    while len(queue._waiting) < 2:
        pass
    model.go.set()
    for thread in [first, *threads]:
        thread.join(10)
    assert sorted(answer) == [10, 14]
    assert other.batches == [[7]]
    assert [5] in model.batches


def test_after_memory_ran_out_the_next_request_works():
    import torch

    from ast_demo.ui.services.errors import user_message

    queue = batches(turns())

    def fails(items):
        raise torch.OutOfMemoryError("CUDA out of memory: 80 GB in /some/place")

    with pytest.raises(torch.OutOfMemoryError) as caught:
        queue.run("model", 1, fails)
    assert user_message(caught.value) == (
        "The device has no memory left for this: try again in a moment."
    )
    assert queue.run("model", 2, Model().run) == 4
