"""Sounds and the bytes of files that hold them, for tests that then damage or join those."""

from __future__ import annotations

import io
import struct

import numpy as np
import soundfile

from ast_demo.audio.containers.tags import after_tags
from ast_demo.audio.load import load_audio

KINDS = {  # as tests call them: what libsndfile calls them
    "wav": ("WAV", "PCM_16"),
    "adpcm": ("WAV", "IMA_ADPCM"),
    "rf64": ("RF64", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


def noise(seconds: float = 1.0, sampling_rate: int = 16000, seed: int = 0) -> np.ndarray:
    """Return quiet white noise, float32 (samples,)."""
    samples = round(seconds * sampling_rate)
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def samples_of(content: bytes) -> np.ndarray:
    """Return what is heard of a file: mono at 16 kHz, float32 (samples,)."""
    return load_audio(content).waveform


def encoded(kind: str, samples: np.ndarray, sampling_rate: int = 16000, **options) -> bytes:
    """Return the bytes of a sound file; options are those of `soundfile.write`."""
    buffer = io.BytesIO()
    file_format, subtype = KINDS[kind]
    soundfile.write(buffer, samples, sampling_rate, format=file_format, subtype=subtype, **options)
    return buffer.getvalue()


def patched(content: bytes, place: int, value: bytes) -> bytes:
    """Return bytes with others put in their place."""
    return content[:place] + value + content[place + len(value) :]


def wav(*chunks: bytes) -> bytes:
    """Return a WAV file of chunks."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(name: bytes, content: bytes, padded: bool = True) -> bytes:
    """Return one chunk of a WAV file."""
    pad = b"\0" if padded and len(content) % 2 else b""
    return name + struct.pack("<I", len(content)) + content + pad


def pcm_format(sampling_rate: int = 16000) -> bytes:
    """Return the chunk that says: 16-bit mono."""
    values = (1, 1, sampling_rate, 2 * sampling_rate, 2, 16)
    return chunk(b"fmt ", struct.pack("<HHIIHH", *values))


def id3_tag(length: int) -> bytes:
    """Return an empty ID3v2 tag."""
    size = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + size + bytes(length)


def without_tag(mp3: bytes) -> bytes:
    """Return an MP3 file without the ID3v2 tag in front."""
    return mp3[after_tags(io.BytesIO(mp3), 0) :]


def ogg_flac(flac: bytes, serial: int = 1) -> bytes:
    """Return FLAC in Ogg, one page a packet, as an encoder would write it (RFC 5334, FLAC)."""
    place, blocks, last = 4, [], False
    while not last:
        length = int.from_bytes(flac[place + 1 : place + 4], "big")
        blocks.append(flac[place : place + 4 + length])
        last = bool(flac[place] & 0x80)
        place += 4 + length
    count = struct.pack(">H", len(blocks) - 1)
    packets = [b"\x7fFLAC\x01\x00" + count + b"fLaC" + blocks[0], *blocks[1:]]
    step = 60000  # a page may hold any part of a packet; decoders join them
    packets += [flac[at : at + step] for at in range(place, len(flac), step)]
    pages = []
    for number, packet in enumerate(packets):
        lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
        flags = (2 if number == 0 else 0) | (4 if number == len(packets) - 1 else 0)
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, number, 0, len(lacing))
        pages.append(head + lacing + packet)
    return b"".join(pages)
