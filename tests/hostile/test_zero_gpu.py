"""A simulated ZeroGPU Space: the model runs in another process, only plain data goes to and fro."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from tests.hostile.server import MODEL, REPOSITORY, Server, file_data
from tests.hostile.sound_makers import tone, wav

LENT = Path(__file__).parent / "fake_spaces"
ADDRESS = "someone-ast.hf.space"
PROXIED = {"Host": ADDRESS, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    folder = tmp_path_factory.mktemp("space")
    server = Server(
        folder,
        SYSTEM="spaces",
        SPACE_ID="someone/ast",
        SPACE_HOST=ADDRESS,
        SPACES_ZERO_GPU="true",
        AST_TEST_LENT=str(folder / "lent.txt"),
        PYTHONPATH=f"{LENT}:{REPOSITORY}",
    ).wait()
    server.lent = folder / "lent.txt"
    yield server
    server.stop()


@pytest.fixture(scope="module")
def expected(space, tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "sound.wav"
    path.write_bytes(wav())
    classifier = AudioClassifier.load(space.model, device="cpu", dtype="float32")
    return classifier.explain(load_audio(path))


def calls(space):
    return [json.loads(line) for line in space.lent.read_text().splitlines()]


def test_behind_the_proxy_of_a_space_everything_that_the_page_names_is_there(space):
    status, page, _ = space.get("/?__theme=light&__sign=abc", PROXIED)
    assert status == 200
    assert json.loads(space.get("/config", PROXIED)[1])["root"] == f"https://{ADDRESS}"
    named = set(re.findall(rf'(?:src|href)="(?:https://{re.escape(ADDRESS)}|\.)?(/[^"]+)"', page))
    assert any(path.endswith(".js") for path in named), named
    assert "/manifest.json" in named
    manifest = json.loads(space.get("/manifest.json", PROXIED)[1])
    assert manifest["name"] == "AST Explorer"
    named |= {icon["src"] for icon in manifest["icons"]}
    assert {path: status for path in named if (status := space.get(path, PROXIED)[0]) != 200} == {}


def test_classifying_runs_in_the_lent_process_and_says_so(space, expected):
    status, answer = space.classify(wav(), top=0)
    assert status == 200, answer
    assert {r["label"]: r["score"] for r in answer["labels"]} == pytest.approx(
        expected.scores, abs=1e-5
    )
    assert "computed on a borrowed GPU (ZeroGPU)" in answer["notes"]
    assert calls(space)[-1]["method"] == "classify_batch"
    assert calls(space)[-1]["process"] != space.process.pid


def test_an_explanation_comes_back_whole_and_answers_further_questions(space, expected):
    status, text, _ = space.send("POST", "/v1/explain?label=LABEL_1", wav())
    assert status == 200, text
    answer = json.loads(text)
    assert np.array(answer["rollout"]) == pytest.approx(expected.rollout, abs=1e-5)
    # Relevance is asked of the explanation afterwards, on the CPU of the server.
    assert np.array(answer["relevance"]) == pytest.approx(expected.relevance("LABEL_1"), abs=1e-5)
    assert calls(space)[-1]["method"] == "explain"


def test_the_host_is_told_where_the_model_runs_and_why(space, expected):
    assert (
        "small-model runs on cpu in float32: on this ZeroGPU Space a GPU is borrowed"
        in space.said()
    )


def test_a_call_asks_for_little_time(space, expected):
    space.classify(wav())
    assert all(call["duration"] <= 10 for call in calls(space))


def test_a_broken_sound_is_refused_without_borrowing_anything(space, expected):
    before = len(calls(space)) if space.lent.exists() else 0
    assert space.classify(b"no sound")[0] == 400
    assert (len(calls(space)) if space.lent.exists() else 0) == before


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("killed", "The server failed here, which is not your sound's fault: try again."),
        ("memory", "The device has no memory left for this: try again in a moment."),
    ],
)
def test_a_gpu_that_fails_is_told_in_a_sentence_and_the_next_request_works(
    space, expected, how, sentence
):
    switch = space.lent.with_name(space.lent.name + ".fail")
    switch.write_text(how)
    for work in ("classify", "explain"):
        status, text, _ = space.send("POST", f"/v1/{work}", wav())
        assert status == 500
        assert json.loads(text)["error"] == sentence
    _, paths = space.upload(("sound.wav", wav()))
    event, answer = space.call("classify", [file_data(paths[0]), MODEL, 2])
    assert event == "error"
    assert answer["error"] == sentence
    switch.unlink()
    assert space.classify(wav())[0] == 200
    assert space.call("classify", [file_data(paths[0]), MODEL, 2])[0] == "complete"


def test_one_after_another_gets_its_own_answer(space, expected):
    sounds = [wav((tone(1.0, hertz=300.0 * n) * 32767).astype("<i2").tobytes()) for n in (1, 5)]
    answers = [space.classify(sound)[1]["labels"] for sound in sounds * 2]
    assert answers[0] == answers[2] != answers[1] == answers[3]
