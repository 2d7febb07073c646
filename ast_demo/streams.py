"""Standard output and error, which a program may be started without (`>&-`, pythonw)."""

from __future__ import annotations

import os
import sys


def open_streams() -> None:
    """Let what is written nowhere go nowhere, instead of failing where it is written."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the program
