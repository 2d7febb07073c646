"""What holds for every test."""

from __future__ import annotations

import os
import warnings

import pytest
from hypothesis import settings

from tests.helpers.deno import Deno, find_deno

# No test may ask the Hub, nor may a process that a test starts; tests of downloads lift this for a
# server of their own on 127.0.0.1. The Hub's library reads it once, so it stands before any import.
os.environ["HF_HUB_OFFLINE"] = "1"

settings.register_profile("default", deadline=None)  # a busy machine is no failure
settings.load_profile("default")

SLOW = ("tests/hostile/", "tests/training/test_trainer.py", "tests/benchmark/")  # minutes together


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole folders as slow, so that `-m "not browser and not slow"` is a quick look."""
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def deno(tmp_path_factory) -> Deno | None:
    """What runs JavaScript without a browser; None where it does not run, which is said once."""
    path = find_deno()
    if path is None:
        warnings.warn("deno does not run here: the JavaScript is not checked.", stacklevel=1)
        return None
    return Deno(path, tmp_path_factory.mktemp("deno"))
