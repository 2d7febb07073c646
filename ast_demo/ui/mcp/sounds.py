"""The sound that an agent names by one string."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import open_here, passing_file
from ast_demo.ui.services.visitor import current_visitor

SHOWN_LENGTH = 80  # characters of a refused value that are repeated


@contextlib.contextmanager
def given_sound(services: Services, sound: str) -> Iterator[str]:
    """Yield the path of a sound; one that came inside the string is deleted at the end.

    Args:
        sound: the name of an example, a data: address, the path that an upload was answered with,
            or, on the page's own machine, that of a file.

    Raises:
        ValueError: for anything else; addresses are never fetched.
    """
    if sound.startswith("data:"):
        with passing_file("sound") as file:
            file.write_bytes(data_bytes(sound))
            yield str(file)
        return
    examples = {clip.name: clip for clip in services.example_clips()}
    if sound in examples:
        yield str(examples[sound])
        return
    file = Path(sound)
    if not sound or not (file.is_absolute() or "://" in sound):
        raise ValueError(
            f"the sound is {sound[:SHOWN_LENGTH]!r}, expected an example ({', '.join(examples)}), "
            "a data: address, or the path that POST /gradio_api/upload answered."
        )
    if services.local and current_visitor().near and file.is_file():
        open_here(file)  # the page's owner names a file of his own
    yield sound


def data_bytes(address: str) -> bytes:
    """Return what a data: address holds (RFC 2397).

    Raises:
        ValueError: if it holds nothing, or is not written as such.
    """
    head, comma, body = address.partition(",")
    content = b""
    if comma and head.endswith(";base64"):
        with contextlib.suppress(binascii.Error, ValueError):
            content = base64.b64decode(body, validate=True)
    elif comma:
        content = unquote_to_bytes(body)
    if not content:
        raise ValueError(
            f"the sound is {address[:SHOWN_LENGTH]!r}, expected data:audio/wav;base64, and the "
            "bytes of a file."
        )
    return content
