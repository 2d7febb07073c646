"""Explanations that stay at hand."""

import pytest

from ast_demo.ui.kept import KeptExplanations


class Kept:
    """An explanation that says how many bytes it holds."""

    def __init__(self, nbytes):
        self.nbytes = nbytes


def test_kept_explanations_make_room_by_number_and_by_bytes():
    kept = KeptExplanations(capacity=3, max_bytes=100)
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
