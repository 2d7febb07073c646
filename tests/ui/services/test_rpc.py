"""Whatever the page's JavaScript, or anybody else, sends: an object comes back."""

import base64

import numpy as np
import pytest

from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import GoneError
from ast_demo.ui.services.turns import BusyError


def fails(error):
    def handler(request):
        raise error

    return rpc.served(handler)({})


@pytest.mark.parametrize("request_", [None, 1, "x", [], True])
def test_what_is_no_object_is_refused(request_):
    answer = rpc.served(lambda request: {"fine": True})(request_)
    assert answer["error"].startswith("The request is a ")


def test_a_handler_gets_its_context_and_the_request():
    def handler(services, kept, request):
        return {"got": [services, kept, request]}

    answer = rpc.served(handler, "services", "kept")
    assert answer({"a": 1}) == {"got": ["services", "kept", {"a": 1}]}
    assert answer.__name__ == "handler"


def test_errors_come_back_as_sentences_that_tell_what_to_do():
    assert fails(ValueError("the sound is no sound.")) == {"error": "The sound is no sound."}
    assert fails(GoneError("it is gone.")) == {"error": "It is gone.", "gone": True}
    assert fails(BusyError("it is busy.")) == {"error": "It is busy.", "busy": True}
    secret = fails(RuntimeError("/home/secret"))["error"]
    assert "secret" not in secret


@pytest.mark.parametrize("value", [None, True, 1.5, "1", [], "x" * 600])
def test_a_field_that_does_not_fit_is_named_with_what_came(value):
    with pytest.raises(ValueError, match=r"token is .*, expected a whole number"):
        rpc.whole({"token": value}, "token")


@pytest.mark.parametrize("value", [None, True, float("nan"), -1, 2, "0.5"])
def test_a_number_lies_between_its_bounds(value):
    with pytest.raises(ValueError, match=r"share is .*, expected 0 to 1"):
        rpc.number({"share": value}, "share", 0, 1)
    assert rpc.number({"share": 1}, "share", 0, 1) == 1.0


@pytest.mark.parametrize("value", [None, 1, "", "x" * 501])
def test_a_text_is_short(value):
    with pytest.raises(ValueError, match=r"label is .*, expected a short text"):
        rpc.text({"label": value}, "label")


def test_shares_are_packed_one_byte_each():
    packed = rpc.packed_shares(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
    assert list(base64.b64decode(packed)) == [0, 0, 128, 255, 255]
