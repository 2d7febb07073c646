"""Threads share few arenas of malloc, so that what one has freed is there for the others."""

from __future__ import annotations

import ctypes
import os

ARENAS = 2  # as many as in the container; each thread would get one of its own, and keep it
M_ARENA_MAX = -8  # of glibc's malloc.h


def share_arenas(arenas: int = ARENAS) -> bool:
    """Let all threads that begin from now on share so many arenas; return whether that worked.

    Only glibc has arenas; elsewhere nothing is to be done. A setting of the host's in the
    environment prevails.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        return ctypes.CDLL(None).mallopt(M_ARENA_MAX, arenas) == 1
    except (AttributeError, OSError, TypeError):
        return False
