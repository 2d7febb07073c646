"""Explanations that stay at hand."""

import time

import pytest

from ast_demo.ui.services.cache import ExpiringCache, GoneError


class Kept:
    """An explanation that says how many bytes it holds."""

    def __init__(self, nbytes):
        self.nbytes = nbytes


def test_kept_explanations_make_room_by_number_and_by_bytes():
    kept = ExpiringCache(capacity=3, max_bytes=100)
    for key, nbytes in (("a", 10), ("b", 10), ("c", 10)):
        kept.put(key, Kept(nbytes))
    kept.get("a")
    kept.put("d", Kept(10))
    assert len(kept) == 3
    with pytest.raises(ValueError, match="no longer kept"):
        kept.get("b")
    kept.put("e", Kept(90))
    assert len(kept) == 2
    kept.put("f", Kept(1000))
    assert len(kept) == 1
    assert kept.get("f").nbytes == 1000


def test_what_is_kept_goes_after_its_time_though_it_was_used():
    kept = ExpiringCache(capacity=3, max_bytes=100, max_seconds=0.3)
    kept.put("a", Kept(1))
    while len(kept):  # hangs if nothing is ever dropped
        time.sleep(0.01)
    kept.put("c", Kept(1))
    assert kept.get("c").nbytes == 1
    while len(kept):
        time.sleep(0.01)
    with pytest.raises(GoneError):
        kept.get("c")
