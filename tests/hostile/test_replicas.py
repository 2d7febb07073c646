"""Two servers behind one balancer: the API keeps nothing, and the page says what is gone."""

import json
import urllib.request

import pytest
from balancer import Balancer
from gradio_client import Client, handle_file
from makers import encode, tone, wav
from server import Server, save_model
from test_server import component_ids


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


def test_a_map_that_another_replica_keeps_is_told_to_be_gone(replicas):
    component = component_ids(replicas[0])[0]
    request = {"id": "f" * 32, "label": "LABEL_1"}
    body = {"data": request, "component_id": component, "fn_name": "relevance",
            "session_hash": "visitor"}  # fmt: skip
    headers = {"Content-Type": "application/json"}
    _, text, _ = replicas[1].send(
        "POST", "/gradio_api/component_server", json.dumps(body).encode(), headers
    )
    assert "no longer kept on the server: open the sound again" in text


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
