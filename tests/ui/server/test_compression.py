"""Long texts are compressed, everything else is passed on as it is."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ast_demo.ui.server.compression import LEAST_BYTES, CompressedText

LONG = b"a word and another " * LEAST_BYTES
SHORT = b"a word"


def page(path, answer, root=""):
    app = Starlette(routes=[Route(path, lambda _: answer(), methods=["GET", "POST"])])
    return TestClient(CompressedText(app), root_path=root)


def encoding(client, path, method="GET", accept="gzip, deflate, br"):
    with client.stream(method, path, headers={"accept-encoding": accept}) as answer:
        return answer.headers.get("content-encoding"), b"".join(answer.iter_raw())


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/component_server/"])
def test_a_long_text_is_compressed(path):
    client = page(path, lambda: Response(LONG))
    kind, body = encoding(client, path, "POST")
    assert kind == "gzip"
    assert len(body) < len(LONG) / 4
    assert gzip.decompress(body) == LONG


@pytest.mark.parametrize(
    ("path", "content", "accept"),
    [
        ("/", SHORT, "gzip"),
        ("/", LONG, "identity"),
        ("/gradio_api/file=sound.wav", LONG, "gzip"),
    ],
)
def test_what_is_short_unwanted_or_no_text_stays_as_it_is(path, content, accept):
    client = page(path, lambda: Response(content))
    assert encoding(client, path, accept=accept) == (None, content)


def test_results_that_come_piece_by_piece_are_not_held_back():
    path = "/gradio_api/queue/data"
    client = page(path, lambda: StreamingResponse(iter([LONG, SHORT])))
    assert encoding(client, path) == (None, LONG + SHORT)
