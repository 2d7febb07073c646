"""Proxies of the environment are kept from our own address, and from httpx where it cannot."""

from __future__ import annotations

from ast_demo.ui.server.proxies import spare_own_address, without_socks


def test_this_machine_is_asked_without_a_proxy_and_what_was_spared_stays_so():
    environment = {"no_proxy": "intra.example", "http_proxy": "http://127.0.0.1:9"}
    spare_own_address(environment, "192.168.1.7")
    for name in ("no_proxy", "NO_PROXY"):
        spared = environment[name].split(",")
        assert spared[0] == "intra.example"
        assert {"localhost", "127.0.0.1", "::1", "192.168.1.7"} <= set(spared)
    assert environment["http_proxy"] == "http://127.0.0.1:9"


def test_socks_proxies_are_hidden_only_for_a_while(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    proxies = {"ALL_PROXY": "socks5://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    environment = dict(proxies)
    with without_socks(environment):
        assert environment == {"http_proxy": "http://127.0.0.1:9"}
    assert environment == proxies


def test_socks_proxies_stay_where_httpx_can_use_them(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    environment = {"ALL_PROXY": "socks5://127.0.0.1:9"}
    with without_socks(environment):
        assert "ALL_PROXY" in environment
