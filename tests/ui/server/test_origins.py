"""A page on this machine answers to this machine, not to sites in its browser."""

from __future__ import annotations

import asyncio

import pytest

from ast_demo.ui.server.client import host_name
from ast_demo.ui.server.origins import OwnHosts, needs_own_hosts, public_hosts


async def answer_fine(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def status(method="POST", hosts=(), **headers) -> int:
    """Return the status that a request with these headers gets."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    named = [(n.replace("_", "-").encode(), value.encode()) for n, value in headers.items()]
    scope = {"type": "http", "method": method, "path": "/gradio_api/queue/join", "headers": named}
    asyncio.run(OwnHosts(answer_fine, hosts)(scope, receive, send))
    return sent[0]["status"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860", "127.8.8.8", "a.localhost"],
)
def test_names_of_this_machine_are_answered(host):
    assert status("GET", host=host) == 200
    assert status("POST", host=host) == 200


@pytest.mark.parametrize("host", ["evil.example:7860", "127.0.0.1.evil.example", "localhost.evil",
                                  "192.168.1.7", "0.0.0.0", "x"])  # fmt: skip
def test_a_name_that_was_turned_into_this_machine_is_refused(host):
    assert status("GET", host=host) == 421
    assert status("POST", host=host, origin=f"http://{host}") == 421
    assert status("POST", host=host, x_forwarded_host=host, x_forwarded_for="1.2.3.4") == 421


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1.evil.example", "null"]
)
def test_forms_and_scripts_of_other_sites_are_refused(origin):
    assert status(host="127.0.0.1:7860", origin=origin) == 403
    assert status(host="127.0.0.1:7860", origin=origin, sec_fetch_site="cross-site") == 403
    assert status(host="localhost:7860", sec_fetch_site="cross-site") == 403


def test_the_page_itself_another_program_and_a_local_site_are_answered():
    assert status(host="127.0.0.1:7860", origin="http://127.0.0.1:7860") == 200
    assert status(host="127.0.0.1:7860", origin="http://localhost:3000") == 200
    assert status(host="127.0.0.1:7860") == 200  # curl, gradio_client
    assert status() == 200  # HTTP/1.0


def test_behind_a_proxy_with_https_the_browser_says_that_page_and_server_belong_together():
    same = {"origin": "https://sounds.example", "sec_fetch_site": "same-origin"}
    assert status(host="sounds.example", **same) == 200
    assert status(host="127.0.0.1:7860", **same) == 200  # a proxy that writes Host anew
    assert status("GET", host="sounds.example", sec_fetch_site="none") == 200
    other = {"origin": "https://evil.example", "sec_fetch_site": "cross-site"}
    assert status(host="sounds.example", **other) == 403


def test_a_public_name_of_the_hosts_and_tunnels_are_answered():
    assert status("GET", ["sounds.example"], host="sounds.example:80") == 200
    assert status(hosts=["sounds.example"], host="127.0.0.1", origin="http://sounds.example") == 200
    assert status("GET", host="someone-ast.hf.space") == 200
    assert status("GET", host="abc.gradio.live") == 200


@pytest.mark.parametrize("name", ["someone-evil.hf.space", "evil.gradio.live"])
def test_a_page_that_anyone_may_have_below_a_tunnels_name_is_another_site(name):
    foreign = {"origin": f"https://{name}"}
    assert status(host="127.0.0.1:7860", **foreign) == 403
    assert status(host="127.0.0.1:7860", sec_fetch_site="cross-site", **foreign) == 403
    assert status(host="someone-ast.hf.space", sec_fetch_site="same-site", **foreign) == 403
    assert status(host="abc.gradio.live", **foreign) == 403


@pytest.mark.parametrize("name", ["someone-ast.hf.space", "abc.gradio.live"])
def test_a_page_behind_a_tunnel_sends_its_own_requests(name):
    own = {"origin": f"https://{name}"}
    assert status(host=name, **own) == 200
    assert status(host="127.0.0.1:7860", x_forwarded_host=name, **own) == 200
    assert status(host="127.0.0.1:7860", sec_fetch_site="same-origin", **own) == 200
    assert status(hosts=[name], host="127.0.0.1:7860", **own) == 200  # the host says so


def test_names_are_checked_on_loopback_where_no_proxy_was_declared():
    for host in (None, "127.0.0.1", "localhost", "::1", "[::1]"):
        assert needs_own_hosts(host, {})
    for host in ("0.0.0.0", "::", "192.168.1.7", "sounds.example"):
        assert not needs_own_hosts(host, {})
    assert not needs_own_hosts(None, {"SPACE_ID": "name/space"})
    assert not needs_own_hosts(None, {"FORWARDED_ALLOW_IPS": "127.0.0.1"})


def test_public_names_are_read_from_the_environment():
    assert public_hosts({"AST_HOSTS": "Sounds.Example:443, b.example,"}) == [
        "sounds.example",
        "b.example",
    ]
    assert public_hosts({}) == []


def test_the_name_is_found_before_the_port():
    assert host_name("[::1]:80") == "::1"
    assert host_name("A.B.:80") == "a.b"
