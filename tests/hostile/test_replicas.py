"""Two servers behind one balancer: any request may go to either of them."""

import base64
import json
import secrets
import urllib.request

import numpy as np
import pytest
from gradio_client import Client, handle_file

from tests.helpers.balancer import Balancer
from tests.hostile.server import MODEL, Server, save_model
from tests.hostile.sound_makers import encode, tone, wav
from tests.hostile.test_server import component_ids


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    model = save_model(folders[0])
    servers = [Server(folder, model=model) for folder in folders]
    for server in servers:
        server.wait()
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def balance(replicas):
    """Return what starts a balancer before the replicas."""
    started = []

    def start(**options):
        started.append(Balancer([server.port for server in replicas], **options))
        return started[-1]

    yield start
    for balancer in started:
        balancer.close()


def classify(url, sound):
    request = urllib.request.Request(f"{url}/v1/classify?top=0", sound)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return {row["label"]: row["score"] for row in json.load(answer)["labels"]}


def test_any_replica_answers_any_request_alike(replicas, balance):
    balancer = balance()
    sounds = [encode(tone(1.0, hertz=300.0 * n), "WAV", "PCM_16") for n in (1, 2, 3)]
    for _ in range(2):  # an odd number of sounds: each visits both replicas
        for sound in sounds:
            expected = {
                row["label"]: row["score"]
                for row in replicas[0].classify(sound, top=0)[1]["labels"]
            }
            assert classify(balancer.url, sound) == pytest.approx(expected, abs=1e-5)
    assert set(balancer.served.values()) == {3}


def ask(url, component, name, request):
    """Ask as the page's JavaScript does for what only the server can tell."""
    body = {"data": request, "component_id": component, "fn_name": name, "session_hash": "visitor"}
    request = urllib.request.Request(
        f"{url}/gradio_api/component_server",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_a_question_about_a_sound_is_answered_by_a_replica_that_never_heard_it(replicas, balance):
    balancer = balance()
    component, key = component_ids(replicas[0], "relevance")[0], secrets.token_hex(16)
    question = {"id": key, "label": "LABEL_1"}
    for _ in replicas:
        gone = ask(balancer.url, component, "relevance", question)
        assert gone["gone"]
        assert "no longer kept on the server: open the sound again" in gone["error"]
    sound = base64.b64encode(wav()).decode()
    again = question | {"sound": sound, "model": MODEL}
    answers = [ask(balancer.url, component, "relevance", again) for _ in replicas]
    _, text, _ = replicas[0].send("POST", "/v1/explain?label=LABEL_1", wav())
    true = np.array(json.loads(text)["relevance"])
    for answer in answers:
        found = np.frombuffer(base64.b64decode(answer["data"]), np.uint8) / 255 * answer["max"]
        assert np.abs(found.reshape(true.shape) - true).max() <= true.max() / 250
    # Both keep it from now on.
    assert [ask(balancer.url, component, "relevance", question) for _ in replicas] == answers


def test_the_page_works_behind_a_balancer_that_keeps_visitors_together(replicas, balance, tmp_path):
    balancer = balance(sticky=True)
    path = tmp_path / "sound.wav"
    path.write_bytes(wav())
    for visitor in ("a", "b", "c"):
        client = Client(balancer.url, headers={"X-Visitor": visitor}, verbose=False)
        answer = client.predict(audio=handle_file(path), api_name="/classify")
        assert answer["labels"]
    assert all(balancer.served.values())


def test_when_a_replica_ends_the_other_answers(replicas, balance):
    balancer = balance()
    expected = classify(balancer.url, wav())
    replicas[1].stop()
    for _ in range(4):
        assert classify(balancer.url, wav()) == pytest.approx(expected, abs=1e-5)
    assert balancer.served[replicas[0].port] >= 4
