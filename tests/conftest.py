"""What holds for every test."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No test may ask the Hub, nor may a process that a test starts; tests of downloads lift this for a
# server of their own on 127.0.0.1. The Hub's library reads it once, so it stands before any import.
os.environ["HF_HUB_OFFLINE"] = "1"

settings.register_profile("default", deadline=None)  # a busy machine is no failure
settings.load_profile("default")

# These talk to a server and a Chromium in other processes, whose pace a busy machine decides: what
# fails there is tried again, and a fault that is real fails every time.
RETRIED = ("tests/browser/", "tests/hostile/", "tests/ui/api/test_endpoints.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of whole servers run again when they fail."""
    for item in items:
        if item.nodeid.startswith(RETRIED):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))
