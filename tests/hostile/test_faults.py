"""What a host lives through: no room, no model, visitors who leave, and the order to end."""

import base64
import contextlib
import json
import shutil
import socket
import threading
import urllib.error
import urllib.request

import pytest

from tests.hostile.server import MODEL, Server, file_data, save_model, until
from tests.hostile.sound_makers import tone, wav
from tests.hostile.test_server import check_silence

SLOW = {  # a third of a second a sound on one core
    "hidden_size": 256,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
    "max_length": 1024,
}
NO_ROOM = "The server has no room for sounds at the moment: try again later."
END_SECONDS = 10  # what container engines wait before they kill


@pytest.fixture
def start(tmp_path):
    """Start servers, and end them whatever happens."""
    servers = []

    def run(**settings):
        servers.append(Server(tmp_path, **settings))
        return servers[-1]

    yield run
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def test_told_to_end_it_finishes_what_runs_and_deletes_the_sounds(start, tmp_path):
    server = start(model=save_model(tmp_path, **SLOW)).wait()
    server.classify(wav())  # what loads late
    _, paths = server.upload(("sound.wav", wav()))
    data = json.dumps({"data": [file_data(paths[0]), MODEL, 2]}).encode()
    path = "/gradio_api/call/classify"
    event = json.loads(server.send("POST", path, data, {"Content-Type": "application/json"})[1])
    works = [
        lambda: server.classify(wav())[0],
        lambda: server.classify(wav())[0],
        lambda: server.get(f"{path}/{event['event_id']}")[1].split()[1],
    ]
    answers = []
    threads = [threading.Thread(target=lambda w=work: answers.append(w())) for work in works]
    for thread in threads:
        thread.start()
    while len(server.stored()) < 3:  # the upload, and two bodies that are being worked on
        assert not answers, "the requests were too quick to be interrupted"
    refused = {}

    def come_late():
        until("it is closing", lambda: "closing" in server.get("/readyz")[1])
        refused["status"] = server.send("POST", "/v1/classify", wav())[0]

    late = threading.Thread(target=come_late)
    late.start()
    seconds = server.stop()
    for thread in [*threads, late]:
        thread.join()
    assert sorted(map(str, answers)) == ["200", "200", "complete"]
    assert refused["status"] == 503
    assert seconds < END_SECONDS
    assert server.process.returncode == 0
    assert server.stored() == []


def test_a_model_that_is_missing_is_told_without_its_path_and_found_once_it_is_there(
    start, tmp_path
):
    folder = save_model(tmp_path)
    away = folder.rename(tmp_path / "away")
    folder.mkdir()
    server = start(model=folder)

    def state():
        with contextlib.suppress(OSError):
            return server.get("/readyz")

    status, text, _ = until("the server answers", state, 180)
    assert status == 503
    assert "the model is not loaded yet" in text
    status, answer = server.classify(wav())
    assert status == 400
    assert f"{MODEL} has no config.json" in answer["error"]
    check_silence(server, answer)
    folder.rmdir()
    away.rename(folder)
    assert server.classify(wav())[0] == 200
    assert server.get("/readyz")[0] == 200
    shutil.rmtree(folder)  # the loaded model needs its files no longer
    assert server.classify(wav())[0] == 200


def test_a_full_disk_is_told_and_forgotten_once_there_is_room(start):
    server = start(AST_TEST_FILE_BYTES="100000").wait()
    large = wav((tone(20.0) * 32767).astype("<i2").tobytes())
    status, text, _ = server.send("POST", "/v1/classify", large)
    assert status == 507, text
    assert json.loads(text)["error"] == NO_ROOM
    status, text = server.upload(("large.wav", large))
    assert status == 507, text
    check_silence(server, text)
    assert server.classify(wav())[0] == 200
    assert server.upload(("small.wav", wav()))[0] == 200


def test_uploads_that_cannot_be_stored_are_refused_in_a_sentence(start, tmp_path):
    server = start(GRADIO_TEMP_DIR=str(tmp_path / "uploads")).wait()
    shutil.rmtree(server.uploads, ignore_errors=True)
    server.uploads.write_text("a file where the folder was")
    status, text, _ = server.send("POST", "/v1/classify", wav())
    assert status == 507, text
    assert "no room for sounds" in text
    status, text = server.upload(("sound.wav", wav()))
    assert status == 507, text
    server.uploads.unlink()
    assert server.classify(wav())[0] == 200


def test_visitors_who_leave_early_hold_nothing(start):
    server = start().wait()
    server.classify(wav())
    long = wav((tone(200.0) * 32767).astype("<i2").tobytes())
    paths = [server.upload(("sound.wav", sound))[1][0] for sound in (wav(), long)]
    works = {"classify": [file_data(paths[0]), MODEL, 2],
             "timeline": [file_data(paths[1]), MODEL, 0.05, 0.5]}  # fmt: skip
    until("idle before", server.rests)
    files = server.open_files()
    for endpoint in [*works] * 5:
        path = f"/gradio_api/call/{endpoint}"
        body = json.dumps({"data": works[endpoint]}).encode()
        _, text, _ = server.send("POST", path, body, {"Content-Type": "application/json"})
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            request = (
                f"GET {path}/{json.loads(text)['event_id']} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            connection.sendall(request.encode())
    assert server.classify(wav())[0] == 200  # at once, whoever left behind what
    assert server.call("classify", works["classify"])[0] == "complete"
    until("idle afterwards", server.rests)
    until("connections closed", lambda: server.open_files() <= files + 3)


def test_sounds_are_deleted_after_the_time_that_the_page_states(start):
    server = start(AST_KEEP_SECONDS="2", AST_SWEEP_SECONDS="1").wait()
    assert "deleted after 2 seconds" in server.get("/config")[1]
    _, paths = server.upload(("sound.wav", wav()))
    assert server.stored()
    until("the upload is deleted", lambda: not server.stored())
    event, answer = server.call("classify", [file_data(paths[0]), MODEL, 2])
    assert event == "error"
    assert "deleted from the server by now: upload it again." in answer["error"]


def test_every_limit_holds_and_says_so(start):
    server = start(
        AST_REQUESTS_PER_MINUTE="1", AST_REQUEST_BURST="100", AST_TEMPORARY_MEGABYTES="2"
    ).wait()
    large = wav(bytes(900_000))
    assert server.upload(("a.wav", large))[0] == 200

    def refusal():  # a measured size is believed for two seconds, so that the second may fit
        status, text = server.upload(("b.wav", large))
        return text if status == 507 else None

    text = until("the room is used up", refusal)
    assert text == "The server's room for sounds is used up: try again in 10 minutes."
    statuses = [server.send("POST", "/v1/classify", wav())[0] for _ in range(110)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    status, text, headers = server.send("POST", "/v1/classify", wav())
    assert status == 429
    assert json.loads(text)["error"].startswith("Too many requests: 1 a minute are answered")
    assert headers["retry-after"]
    # Without a proxy of ours in front, nobody can name another address for himself.
    forged = {"X-Forwarded-For": "10.1.2.3"}
    assert server.send("POST", "/v1/classify", wav(), forged)[0] == 429
    assert server.get("/")[0] == 200  # looking is free


def test_a_password_closes_the_page_and_both_apis_but_not_the_health(start):
    server = start(AST_AUTH="teacher:chalk").wait()
    assert server.get("/healthz")[0] == 200
    status, text, _ = server.send("POST", "/v1/classify", wav())
    assert status == 401
    assert "password" in text
    for good, secret in ((200, b"teacher:chalk"), (401, b"teacher:cheese"), (401, b"")):
        headers = {"Authorization": "Basic " + base64.b64encode(secret).decode()}
        assert server.send("POST", "/v1/classify", wav(), headers)[0] == good
    assert server.upload(("a.wav", wav()))[0] == 401
    assert server.call("classify", [None, None, 2])[0] == "401"
    assert server.get("/gradio_api/info")[0] == 401
    assert server.stored() == []
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.open(f"{server.url}/login", b"username=teacher&password=chalk")
    assert browser.open(f"{server.url}/gradio_api/info").status == 200
    browser.open(f"{server.url}/logout")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        browser.open(f"{server.url}/gradio_api/info")


def test_a_request_that_does_not_end_keeps_nobody_from_ending(start):
    server = start(AST_DRAIN_SECONDS="1").wait()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
        connection.sendall(head + wav()[:1000])  # and never the rest
        until("its body is being received", server.stored)
        assert server.stop() < END_SECONDS
    assert server.process.returncode == 0
    assert server.stored() == []


def test_a_recording_is_followed_for_as_long_as_the_limit_says(start):
    server = start(AST_TIMELINE_SECONDS="3").wait()
    _, paths = server.upload(("long.wav", wav((tone(9.0) * 32767).astype("<i2").tobytes())))
    event, answers = server.call("timeline", [file_data(paths[0]), MODEL, 0, 0.5])
    assert event == "complete", answers
    assert answers[0]["seconds"] == 3.0
    assert any("cut after 3 s" in note for note in answers[0]["notes"]), answers[0]["notes"]


def test_more_requests_than_may_wait_are_told_that_it_is_busy(start, tmp_path):
    server = start(
        model=save_model(tmp_path, **SLOW), AST_QUEUE_SIZE="2", AST_THREADS="1", AST_BATCH="1"
    ).wait()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(server.classify(wav()))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = [status for status, _ in answers]
    assert len(statuses) == 12
    assert set(statuses) == {200, 503}
    busy = next(answer for status, answer in answers if status == 503)
    assert busy["error"] == "The server is busy: 2 requests wait already, try again soon."
