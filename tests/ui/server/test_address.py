"""A port or a host that cannot be had is told in one sentence."""

from __future__ import annotations

import socket

import pytest

from ast_demo.ui.server.address import (
    StartError,
    bracketed,
    free_port,
    port_number,
    ports_to_try,
    shown_address,
)


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener.getsockname()[1]


@pytest.mark.parametrize("text", ["0", "-1", "65536", "80000", "", "http", "1e3", "80.0", "٣"])
def test_what_is_no_port_is_named(text):
    with pytest.raises(StartError, match=r"--port is .* expected a port from 1 to 65535"):
        port_number(text, "--port")


def test_a_taken_port_is_named(taken):
    with pytest.raises(StartError, match=f"port {taken} is taken on 127.0.0.1: choose another"):
        free_port("127.0.0.1", [taken])


def test_of_several_ports_the_first_free_one_is_used(taken):
    found = free_port("127.0.0.1", range(taken, taken + 20))
    assert taken < found < taken + 20


@pytest.mark.parametrize("host", ["nosuch.invalid", "192.0.2.1"])
def test_a_host_that_is_not_ours_is_named(host):
    with pytest.raises(StartError, match=f"{host} is no address of this machine"):
        free_port(host, [17860])


def test_the_ports_that_are_tried_begin_where_the_environment_says():
    assert list(ports_to_try(80, {})) == [80]
    assert next(iter(ports_to_try(None, {}))) == 7860
    assert next(iter(ports_to_try(None, {"GRADIO_SERVER_PORT": "9000"}))) == 9000
    assert list(ports_to_try(None, {"GRADIO_SERVER_PORT": "65535"})) == [65535]
    with pytest.raises(StartError, match="GRADIO_SERVER_PORT is 'abc'"):
        ports_to_try(None, {"GRADIO_SERVER_PORT": "abc"})


def test_addresses_are_written_for_a_browser():
    assert bracketed("::1") == "[::1]"
    assert shown_address("0.0.0.0", 80) == "http://localhost:80/"
    assert shown_address("::", 80) == "http://localhost:80/"
    assert shown_address("::1", 80) == "http://[::1]:80/"
