"""What is said when a checkpoint cannot be used."""

from __future__ import annotations

_REASON_LENGTH = 200  # characters kept of another library's message


class CheckpointError(ValueError):
    """A checkpoint cannot be found, read or fitted; the message names what and how to mend it."""


def reason(error: BaseException) -> str:
    """Return the first sentence of another library's message, to quote inside one of ours."""
    first = (str(error).strip().splitlines() or [""])[0].split(". ")[0]
    return first[:_REASON_LENGTH].rstrip(". ") or type(error).__name__
