"""Ways to damage the bytes of a file at random, as fuzzers do."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path

from tests.hostile.sound_makers import encode, tone

KINDS = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("WAVEX", "PCM_24"),
    ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None), ("AIFF", "PCM_16"),
    ("CAF", "ALAC_16"), ("CAF", "PCM_16"), ("AU", "ULAW"), ("W64", "PCM_16"), ("RF64", "PCM_16"),
]  # fmt: skip
# Numbers at which counts, sizes and rates go wrong.
EDGES = [0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]
MOST_DAMAGES = 6
HEADER_BYTES = 128  # where most damage is done: what lies behind is noise to a decoder


def plan_damage(folder: Path, seconds: float, seed: int) -> None:
    """Write what worker.py's fuzz reads: a sound of each kind, the time and the seed."""
    for index, (kind, subtype) in enumerate(KINDS):
        (folder / f"{index}.sound").write_bytes(encode(tone(0.5), kind, subtype))
    (folder / "plan.json").write_text(json.dumps({"seconds": seconds, "seed": seed}))


def damaged(generator: random.Random, contents: list[bytes]) -> bytes:
    """Return one of the contents after a few random damages."""
    content = bytearray(generator.choice(contents))
    for _ in range(generator.randint(1, MOST_DAMAGES)):
        generator.choice(DAMAGES)(generator, content, contents)
    return bytes(content)


def _place(generator: random.Random, content: bytearray) -> int:
    near = generator.random() < 0.8
    return generator.randrange(max(1, min(len(content), HEADER_BYTES) if near else len(content)))


def _flip(generator, content, _contents) -> None:
    if content:
        place = _place(generator, content) % len(content)
        content[place] ^= 1 << generator.randrange(8)


def _number(generator, content, _contents) -> None:
    order, kind = generator.choice("<>"), generator.choice("BHIQ")
    size = struct.calcsize(kind)
    number = struct.pack(order + kind, generator.choice(EDGES) % 2 ** (8 * size))
    place = _place(generator, content)
    content[place : place + size] = number


def _cut(generator, content, _contents) -> None:
    del content[_place(generator, content) :]


def _drop(generator, content, _contents) -> None:
    place = _place(generator, content)
    del content[place : place + generator.randint(1, 64)]


def _repeat(generator, content, _contents) -> None:
    place = _place(generator, content)
    piece = content[place : place + generator.randint(1, 256)]
    content[place:place] = piece * generator.randint(1, 20)


def _noise(generator, content, _contents) -> None:
    place = _place(generator, content)
    content[place : place + 16] = generator.randbytes(generator.randint(1, 32))


def _splice(generator, content, contents) -> None:
    other = generator.choice(contents)
    content[_place(generator, content) :] = other[generator.randrange(len(other)) :]


DAMAGES = (_flip, _number, _cut, _drop, _repeat, _noise, _splice)
