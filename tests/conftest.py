"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# No test may ask the Hub, nor may a process that a test starts; tests of downloads lift this for a
# server of their own on 127.0.0.1. The Hub's library reads it once, so it stands before any import.
os.environ["HF_HUB_OFFLINE"] = "1"

settings.register_profile("default", deadline=None)  # a busy machine is no failure
settings.load_profile("default")
