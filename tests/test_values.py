"""Values that are refused: named, quoted, cut."""

import pickle

import pytest

from ast_demo.values import ArgumentError, is_whole, quoted, refused


def test_a_refused_argument_is_named_with_what_came_and_what_is_expected():
    error = refused("top", -1, "a whole number of at least 0")
    assert str(error) == "top is -1, expected a whole number of at least 0."


def test_it_is_a_value_error_that_crosses_processes():
    error = pickle.loads(pickle.dumps(refused("top", -1, "more")))
    assert type(error) is ArgumentError
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("value", ["x" * 5000, "a\nb" * 400])
def test_what_came_is_cut_to_one_line_that_a_message_can_hold(value):
    assert len(quoted(value)) < 110
    assert "\n" not in quoted(value)


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_only_an_int_is_a_whole_number(value):
    assert not is_whole(value)
