"""Find the sound in a file: behind zeros and tags, under a header never finished, in several parts.

libsndfile reads what begins at the first byte, believes its header, and stops where the first
sound ends. Here a file that is made otherwise is described as one or more streams, each a list of
stretches of the file and of bytes put in their place; `StreamView` shows such a stream to
libsndfile as if it were a file of its own.
"""

from __future__ import annotations

from typing import BinaryIO

from ast_demo.audio.containers.aiff import aiff_streams
from ast_demo.audio.containers.au import au_streams
from ast_demo.audio.containers.caf import caf_streams
from ast_demo.audio.containers.flac import flac_streams
from ast_demo.audio.containers.mpeg import mpeg_streams
from ast_demo.audio.containers.ogg import ogg_streams
from ast_demo.audio.containers.riff import riff_streams
from ast_demo.audio.containers.stream import MAX_STREAMS, Stream, read_at
from ast_demo.audio.containers.tags import first_content
from ast_demo.audio.containers.w64 import w64_streams

# (file, start, size) -> its streams, or None if libsndfile reads all of it as it is.
_FINDERS = {  # by the first bytes; MPEG audio has none of its own
    b"OggS": ogg_streams,
    b"RIFF": riff_streams,
    b"RF64": riff_streams,
    b"riff": w64_streams,
    b"fLaC": flac_streams,
    b".snd": au_streams,
    b"caff": caf_streams,
    b"FORM": aiff_streams,
}


def find_streams(file: BinaryIO, size: int) -> list[Stream] | None:
    """Return the sounds in a file, or None for one that begins with its only sound, as most do.

    Args:
        file: an open binary file.
        size: its length in bytes.
    """
    start = first_content(file, size)
    head = read_at(file, start, 12)
    kind = next((find for magic, find in _FINDERS.items() if head.startswith(magic)), mpeg_streams)
    streams = kind(file, start, size)
    if streams is None and start and head[:1] != b"\0":
        streams = [Stream(((start, size),))]
    begin = start
    if kind is mpeg_streams and streams:
        begin = streams[0].parts[0][0]
    if streams and begin and not streams[0].note:
        skipped = f"{begin} bytes before the sound were skipped"
        streams[0] = Stream(streams[0].parts, skipped)
    return streams[:MAX_STREAMS] if streams else None
