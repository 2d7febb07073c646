"""The plain API: a sound as the body, or as the file of a form, which curl -F sends."""

from __future__ import annotations

import asyncio
import types
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ast_demo.ui.server import http, rest
from ast_demo.ui.services.limits import Limits

SOUND = bytes(range(256)) * 2000
BOUNDARY = "----made"


@pytest.fixture
def client(monkeypatch):
    """A door whose answer is what arrived."""

    def answer(services, path, model=None, top=0, label=""):
        heard = Path(path).read_bytes()
        return {"whole": heard == SOUND, "bytes": len(heard), "model": model, "top": top}

    monkeypatch.setattr(rest, "classify_answer", answer)
    places = types.SimpleNamespace(refusal=lambda visitor: None)
    services = types.SimpleNamespace(limits=Limits(), places=places)
    return TestClient(rest.PlainApi(Starlette(), services))


def part(disposition: str, content: bytes = b"") -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
    return head.encode() + content + b"\r\n"


def send(client, body: bytes, boundary: str = f"; boundary={BOUNDARY}"):
    headers = {"Content-Type": f"multipart/form-data{boundary}"}
    return client.post("/v1/classify", content=body, headers=headers)


END = f"--{BOUNDARY}--\r\n".encode()


def test_a_form_with_a_file_answers_as_a_plain_body_does(client):
    plain = client.post("/v1/classify?top=3", content=SOUND).json()
    form = client.post("/v1/classify?top=3", files={"file": ("siren.flac", SOUND)}).json()
    assert form == plain == {"whole": True, "bytes": len(SOUND), "model": None, "top": 3}


@pytest.mark.parametrize("name", ["file", "audio", "anything"])
def test_the_file_may_have_any_name_and_fields_stand_beside_it(client, name):
    answer = client.post("/v1/classify", data={"top": "4", "model": "m"}, files={name: SOUND})
    assert answer.json() == {"whole": True, "bytes": len(SOUND), "model": "m", "top": 4}


def test_fields_may_come_after_the_file(client):
    sound = part('name="file"; filename="a.wav"', SOUND)
    assert send(client, sound + part('name="top"', b"7") + END).json()["top"] == 7


def test_a_sound_without_a_file_name_is_taken_by_the_name_of_its_field(client):
    assert send(client, part('name="file"', SOUND) + END).json()["whole"]


def test_a_boundary_inside_the_sound_is_no_end(client):
    sound = b"\r\n--" + BOUNDARY.encode()[:-1] + b"x" + SOUND
    body = part('name="file"; filename="a.wav"', sound) + END
    assert send(client, body).json()["bytes"] == len(sound)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (part('name="top"', b"3") + END, "holds no file"),
        (END, "holds no file"),
        (part('name="a"; filename="a"') + part('name="b"; filename="b"') + END, "several files"),
        (part('name="file"; filename="a.wav"', SOUND), "ends too early"),
        (b"no form at all", "cannot be read"),
        (part('name="x"', bytes(20000)) + END, "over 10000 bytes"),
        (part('name="x"') * 30 + END, "more than 20 parts"),
        (part('name="' + "x" * 9000 + '"') + END, "cannot be read (Maximum header size"),
    ],
)
def test_a_form_that_cannot_be_used_is_answered_with_a_sentence(client, body, words, monkeypatch):
    monkeypatch.setattr(http, "DISCARD_SECONDS", 1000)  # nothing is waited for that has come
    answer = send(client, body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_the_rest_of_a_form_that_is_refused_early_is_read(client):
    pieces, answered = [b"no form at all", b"more of it", b"and its end"], []

    async def receive():
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message):
        answered.append(message)

    kind = (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())
    scope = {"type": "http", "method": "POST", "path": "/v1/classify", "headers": [kind]}
    asyncio.run(client.app(scope | {"query_string": b"", "server": ("a", 80)}, receive, send))
    assert answered[0]["status"] == 400
    assert pieces == []


@pytest.mark.parametrize("boundary", ["", "; boundary="])
def test_a_form_without_a_boundary_is_answered_with_a_sentence(client, boundary):
    answer = send(client, SOUND, boundary)
    assert answer.status_code == 400
    assert "no boundary" in answer.json()["error"]
