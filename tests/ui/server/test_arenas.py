"""Threads share arenas of malloc where the C library has such."""

import platform

from ast_demo.ui.server.arenas import share_arenas


def test_glibc_takes_the_wish_and_others_are_left_alone(monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert share_arenas(8) is (platform.libc_ver()[0] == "glibc")


def test_what_the_host_has_set_prevails(monkeypatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    assert not share_arenas()
