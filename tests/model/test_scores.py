"""Labels that repeat are told apart, as quickly as they come."""

from __future__ import annotations

import itertools

import pytest

from ast_demo.model.scores import distinct


def by_definition(labels: tuple[str, ...]) -> list[str]:
    """Give each label the lowest number, from 2, that makes it unlike all before it."""
    found: list[str] = []
    for label in labels:
        numbered = (f"{label} ({number})" for number in itertools.count(2))
        names = itertools.chain([label], numbered)
        found.append(next(name for name in names if name not in found))
    return found


@pytest.mark.parametrize("count", range(7))
def test_repeated_labels_are_numbered_as_defined(count):
    alphabet = ("a", "", "a (2)", "a (3)", "a (2) (2)")
    for labels in itertools.product(alphabet, repeat=count):
        assert distinct(labels) == by_definition(labels), labels


def test_labels_of_a_stranger_are_each_compared_a_few_times():
    comparisons = 0

    class Label(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal comparisons
            comparisons += 1
            return str.__eq__(self, other)

    labels = [Label("same") for _ in range(300)]
    assert distinct(labels)[-1] == "same (300)"
    assert comparisons <= 10 * len(labels)
