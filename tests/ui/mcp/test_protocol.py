"""A real client of the protocol over loopback: four tools, cards, and refusals in one sentence."""

from __future__ import annotations

import asyncio
import base64
import io
import json

import httpx
import mcp
import numpy as np
import pytest
import soundfile

from ast_demo.ui.api.endpoints import classify_answer
from ast_demo.ui.mcp.sounds import given_sound
from ast_demo.ui.server.middleware import guards
from ast_demo.ui.server.shutdown import GracefulShutdown
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.services import Services
from tests.helpers.listening_model import LABELS, sound
from tests.ui.mcp.conftest import served


@pytest.fixture(scope="module")
def tone() -> str:
    """A high tone, as an agent sends it."""
    content = io.BytesIO()
    rng = np.random.default_rng(0)
    waveform = sound("High tone", 1.295, rng) + 0.002 * rng.normal(size=20720)
    soundfile.write(content, waveform, 16000, format="WAV")
    return f"data:audio/wav;base64,{base64.b64encode(content.getvalue()).decode()}"


def ask(address: str, work, mode: str = "auto"):
    """Connect as an agent does and do some work."""

    async def session():
        async with mcp.Client(address, mode=mode) as client:
            return await work(client)

    return asyncio.run(session())


def call(address: str, tool: str, mode: str = "auto", **parameters):
    """Call a tool; return its facts, or its sentence, and all that it answered."""
    answer = ask(address, lambda client: client.call_tool(tool, parameters), mode)
    text = answer.content[0].text
    return (text if answer.is_error else json.loads(text)), answer


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_finds_four_tools_with_their_parameters(address, mode):
    tools = ask(address, lambda client: client.list_tools(), mode).tools
    assert [tool.name for tool in tools] == [
        "classify_sound",
        "explain_sound",
        "find_events",
        "check_model",
    ]
    assert tools[0].input_schema["required"] == ["sound"]
    assert all(tool.description for tool in tools)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_sound_is_classified_as_by_the_api(address, services, tone, mode):
    facts, _ = call(address, "classify_sound", mode, sound=tone, top=2)
    with given_sound(services, tone) as path:
        expected = classify_answer(services, path, None, 2)
    assert facts["labels"] == expected["labels"]
    assert facts["labels"][0]["label"] == "High tone"


def test_an_explanation_names_the_hottest_patches_and_shows_them(address, tone):
    facts, answer = call(address, "explain_sound", sound=tone, label="High tone")
    shares = [patch["share"] for patch in facts["hottest_patches"]]
    assert shares == sorted(shares, reverse=True)
    assert facts["map"] == "relevance for High tone"
    low, high = facts["hottest_patches"][0]["hertz"]
    assert 0 <= low < high <= 8000
    picture = answer.content[1]
    assert picture.mime_type == "image/png"
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")


def test_events_of_a_recording_come_in_seconds(address):
    facts, _ = call(address, "find_events", sound="siren.flac", threshold=0.3)
    assert facts["seconds"] == pytest.approx(5.0, abs=0.1)
    assert all(event["start"] < event["end"] for event in facts["events"])


def test_a_model_is_checked_and_what_was_not_tested_is_told(address):
    facts, _ = call(address, "check_model")
    assert facts["bars_met"] + facts["bars_missed"] > 10
    assert any("at most 1 are bent" in line for line in facts["not_tested"])
    assert facts["the_same_at_home"].startswith("python -m ast_demo check")


def test_the_card_of_a_bundled_model_is_a_resource(address):
    listed = ask(address, lambda client: client.list_resources()).resources
    uris = [str(resource.uri) for resource in listed]
    assert "model-card://everyday-sounds" in uris
    read = ask(address, lambda client: client.read_resource("model-card://everyday-sounds"))
    assert "everyday-sounds" in read.contents[0].text


@pytest.mark.parametrize(
    ("tool", "parameters", "words"),
    [
        ("classify_sound", {"sound": "http://127.0.0.1/x.wav"}, "addresses are not fetched"),
        ("classify_sound", {"sound": "/etc/passwd"}, "only files uploaded"),
        ("classify_sound", {"sound": "whale.wav"}, "expected an example (acoustic_guitar.flac"),
        ("classify_sound", {"sound": "data:audio/wav;base64,???"}, "expected data:audio/wav"),
        ("classify_sound", {"sound": "data:audio/wav;base64,AAAA"}, "can't be read as audio"),
        ("classify_sound", {"sound": "siren.flac", "top": -1}, "top is -1"),
        ("classify_sound", {"sound": "siren.flac", "top": "3"}, "expected a number"),
        ("classify_sound", {"sound": 3}, "expected a string"),
        ("classify_sound", {}, "needs the parameter 'sound'"),
        ("classify_sound", {"sound": "siren.flac", "path": "x"}, "no parameter 'path'"),
        ("classify_sound", {"sound": "siren.flac", "model": "x/y"}, "the model is 'x/y'"),
        ("explain_sound", {"sound": "siren.flac", "label": "Whale"}, "Whale"),
        ("find_events", {"sound": "siren.flac", "threshold": 7}, "threshold is 7"),
        ("check_model", {"against": "x/y"}, "At home: python -m ast_demo check"),
        ("no_tool", {}, "There is no tool 'no_tool'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(address, tool, parameters, words):
    sentence, answer = call(address, tool, **parameters)
    assert answer.is_error
    assert words.casefold() in sentence.casefold()
    assert "\n" not in sentence


def test_nothing_of_a_sound_stays(address, services, tone):
    from ast_demo.ui.services.uploads import upload_folder

    call(address, "classify_sound", sound=tone)
    assert list(upload_folder().iterdir()) == []


def message(method: str = "tools/list") -> dict:
    return {"jsonrpc": "2.0", "id": 1, "method": method}


def post(address: str, content: dict, **more) -> httpx.Response:
    headers = {"Accept": "application/json, text/event-stream", **more.pop("headers", {})}
    return httpx.post(address, json=content, headers=headers, trust_env=False, **more)


def test_a_message_that_is_too_large_is_refused_with_the_bound(address):
    answer = post(address, {**message(), "params": {"x": "a" * (5 << 20)}})
    assert answer.status_code == 413
    assert "at most 4 MB" in answer.text


def test_only_messages_are_taken_and_only_at_this_path(address):
    assert httpx.get(address, trust_env=False).status_code == 405
    assert httpx.get(f"{address}/sse", trust_env=False).status_code == 404


def test_a_server_with_a_password_asks_for_it(services):
    with served(services, "name:secret") as address:
        refused = post(address, message())
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        assert post(address, message(), auth=("name", "wrong")).status_code == 401
        assert post(address, message(), auth=("name", "secret")).status_code == 200


def test_requests_count_as_those_of_the_api_do():
    services = Services.create(Limits(requests_per_minute=1, request_burst=2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AST_MCP", "1")
        with served(services) as address:
            answers = [post(address, message()).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_the_tools_are_off_unless_switched_on(services):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AST_MCP")
        with served(services) as address:
            assert post(address, message()).status_code == 404


def test_without_the_package_the_start_says_what_to_install(services, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mcp.server", None)
    with pytest.raises(ValueError, match=r"pip install -r requirements-mcp\.txt"):
        guards(services, GracefulShutdown())


def test_the_labels_of_the_small_model_are_those_of_its_tools(address, tone):
    facts, _ = call(address, "classify_sound", sound=tone, top=0)
    assert {row["label"] for row in facts["labels"]} == set(LABELS)
