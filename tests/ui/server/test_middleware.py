"""Who a client is, what he may send, and what is thrown away."""

import dataclasses
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ast_demo.ui.server.client import client, is_near, one_network
from ast_demo.ui.server.middleware import RequestLimits
from ast_demo.ui.server.rates import TokenBucket
from ast_demo.ui.server.shutdown import delete_uploads
from ast_demo.ui.services.limits import Limits


def scope(forwarded=None):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return {"type": "http", "client": ("10.0.0.1", 1234), "headers": headers}


def test_without_a_proxy_of_ours_nobody_chooses_his_address(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert client(scope("1.2.3.4")) == "10.0.0.1"


def test_on_a_space_the_last_hop_alone_is_believed(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "name/space")
    assert client(scope("6.6.6.6, 1.2.3.4")) == "1.2.3.4"
    assert client(scope()) == "10.0.0.1"


def test_a_budget_is_spent_refills_and_is_each_clients_own(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("ast_demo.ui.server.rates.time.monotonic", lambda: now[0])
    budget = TokenBucket(rate=2.0, burst=3)
    assert [budget.spend("a") for _ in range(4)] == [True, True, True, False]
    assert budget.spend("b")
    now[0] = 0.5
    assert [budget.spend("a") for _ in range(2)] == [True, False]


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info/"])
def test_who_opens_the_page_again_and_again_is_told_to_wait(path):
    limits = dataclasses.replace(Limits(), request_burst=3)
    fine = Starlette(routes=[Route("/{rest:path}", lambda _: PlainTextResponse("fine"))])
    visitor = TestClient(RequestLimits(fine, limits))
    assert [visitor.get(path).status_code for _ in range(3)] == [200, 200, 200]
    refused = visitor.get(path)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "5"
    assert refused.json()["error"].startswith("Too many requests: 240 pages a minute")
    assert visitor.get("/assets/index.js").text == "fine"
    neighbour = TestClient(visitor.app, client=("10.0.0.2", 1))
    assert neighbour.get(path).text == "fine"


def small_server(root="", **bounds):
    """Return a client of what takes 1 MB of JSON and 2 MB of sound, mounted below a root."""

    async def count(request):
        return PlainTextResponse(str(len(await request.body())))

    page = Starlette(routes=[Route("/{rest:path}", count, methods=["POST"])])
    limits = dataclasses.replace(Limits(), json_megabytes=1, file_megabytes=2, **bounds)
    return TestClient(RequestLimits(page, limits), root_path=root, base_url="http://t" + root)


@pytest.mark.parametrize("root", ["", "/upload", "/v1/page"])
@pytest.mark.parametrize(
    "path",
    ["call/upload-x", "call/upload", "call/v1", "queue/join", "component_server", "upload/x"],
)
def test_only_the_whole_path_of_an_upload_takes_a_body_as_long_as_a_sound(path, root):
    visitor, body = small_server(root), bytes(2 << 20)
    refused = visitor.post(f"/gradio_api/{path}", content=body)
    assert refused.status_code == 413, refused.text
    assert "at most 1 MB are taken" in refused.text
    for sound in ("/gradio_api/upload", "/gradio_api/upload/", "/v1/classify"):
        assert visitor.post(sound, content=body).text == str(len(body)), sound


@pytest.mark.parametrize("path", ["upload", "queue/join", "call/x", "component_server"])
def test_what_makes_work_is_counted_below_a_root_too(path):
    visitor = small_server("/sub", requests_per_minute=1, request_burst=2)
    first, second, third = (visitor.post(f"/gradio_api/{path}").text for _ in range(3))
    assert (first, second) == ("0", "0")
    assert "Too many requests: 1 a minute" in third


@pytest.mark.parametrize("root", ["", "/sub"])
def test_a_form_for_a_component_is_refused_before_its_files_are_written(root):
    visitor = small_server(root)
    for path in ("/gradio_api/component_server", "/gradio_api/component_server/"):
        for kind in ("multipart/form-data; boundary=x", "Multipart/Form-Data; boundary=x"):
            refused = visitor.post(path, content=b"--x", headers={"Content-Type": kind})
            assert refused.status_code == 415, refused.text
            assert refused.json()["error"] == (
                "The request is a form (multipart/form-data): send JSON instead."
            )
        assert visitor.post(path, json={}).text == "2"


def test_a_documented_proxy_writes_who_asks_anew_for_every_location():
    """A location with a proxy_set_header of its own inherits none of the server's."""
    text = (Path(__file__).parents[3] / "docs" / "HOSTING.md").read_text(encoding="utf-8")
    server = text.partition("```nginx\n")[2].partition("```")[0].partition("server {\n")[2]
    server = re.sub(r"#.*", "", server)
    locations = re.findall(r"location [^{]*\{([^}]*)\}", server)
    outside = re.sub(r"location [^{]*\{[^}]*\}", "", server)
    assert len(locations) == 2
    for location in locations:
        headers = location if "proxy_set_header" in location else outside
        for header in ("X-Forwarded-For $remote_addr;", "Host $host;"):
            assert f"proxy_set_header {header}" in headers, location


def near(address="127.0.0.1", **headers):
    named = [(n.replace("_", "-").encode(), value.encode()) for n, value in headers.items()]
    return is_near({"client": (address, 1), "headers": named})


def test_only_who_is_at_this_machine_without_a_proxy_is_near():
    assert near(host="localhost:7860")
    assert near(host="127.0.0.1", origin="http://127.0.0.1:7860")
    assert not near(host="localhost", x_forwarded_for="1.2.3.4")
    assert not near(host="localhost", via="1.1 proxy")
    assert not near(host="localhost", origin="https://sounds.example")
    assert not near(host="sounds.example")
    assert not near("10.0.0.2", host="localhost")


def test_whoever_has_a_network_of_addresses_is_one_visitor():
    assert one_network("2001:db8:1:2:3::4") == one_network("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert one_network("::ffff:10.0.0.1") == "10.0.0.1"
    assert one_network("testclient") == "testclient"


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1.5", "1e3", "٣x"])
def test_a_limit_that_is_no_number_is_named(text):
    with pytest.raises(ValueError, match=f"AST_QUEUE_SIZE is {text!r}, expected"):
        Limits.from_environment({"AST_QUEUE_SIZE": text})


def test_limits_come_from_their_variables_and_each_has_a_reason():
    limits = Limits.from_environment({"AST_FILE_MEGABYTES": "7", "AST_KEEP_SECONDS": "30"})
    assert (limits.file_megabytes, limits.keep_seconds) == (7, 30)
    for bound in Limits.__dataclass_fields__.values():
        assert bound.metadata["variable"].startswith("AST_")
        assert len(bound.metadata["reason"]) > 20


def test_every_limit_is_in_the_documentation():
    text = (Path(__file__).parents[3] / "docs" / "HOSTING.md").read_text()
    for bound in Limits.__dataclass_fields__.values():
        row = f"| `{bound.metadata['variable']}` | {bound.default} |"
        assert row in text, f"docs/HOSTING.md lacks the row that begins {row}"


def test_at_the_end_only_what_visitors_sent_is_deleted_from_a_folder_of_the_host(tmp_path):
    upload = tmp_path / ("a1" * 32)
    (upload / "sub").mkdir(parents=True)
    (upload / "sound.wav").write_bytes(b"x")
    (tmp_path / "important").mkdir()
    (tmp_path / "important.txt").write_text("x")
    (tmp_path / "tmpab12_xyz").write_text("half an upload")
    delete_uploads(tmp_path, ours=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["important", "important.txt"]
    delete_uploads(tmp_path, ours=True)
    assert not tmp_path.exists()
