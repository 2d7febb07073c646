"""Bytes of sound files, honest and not: every field of a header can be chosen."""

from __future__ import annotations

import io
import struct

import numpy as np
import soundfile

RATE = 16000  # Hz
MAX_FLAC_BLOCK = 65535  # frames, what the format's 16 bits can say


def tone(seconds: float = 1.0, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    """Return a sine of a quarter of full scale, float32 (samples,)."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.25 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def encode(samples: np.ndarray, kind: str, subtype: str | None = None, rate: int = RATE) -> bytes:
    """Return the bytes of a file that libsndfile writes."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=kind, subtype=subtype)
    return stream.getvalue()


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """Return a RIFF chunk that states its size, or another one."""
    return name + struct.pack("<I", len(content) if size is None else size) + content


def wav(
    content: bytes | None = None,
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = RATE,
    bits: int = 16,
    align: int | None = None,
    riff_size: int | None = None,
    data_size: int | None = None,
    format_size: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """Return a WAV file; what is not given is honest.

    Args:
        content: bytes of the samples; a second of a tone if None.
        before: chunks between the format and the samples.
        after: chunks behind the samples.
    """
    if content is None:
        content = np.repeat((tone() * 32767).astype("<i2"), channels if channels < 16 else 1)
        content = content.tobytes()
    align = max(1, channels * bits // 8) % 65536 if align is None else align
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align % 2**32, align, bits)
    body = b"WAVE" + chunk(b"fmt ", form, format_size) + before
    body += chunk(b"data", content, data_size) + after
    return b"RIFF" + struct.pack("<I", len(body) if riff_size is None else riff_size) + body


def float_wav(samples: np.ndarray) -> bytes:
    """Return a WAV file of 32- or 64-bit floats, whatever their values."""
    bits = 8 * samples.dtype.itemsize
    return wav(samples.astype(samples.dtype.newbyteorder("<")).tobytes(), tag=3, bits=bits)


def flac(
    seconds: float,
    *,
    channels: int = 1,
    rate: int = RATE,
    value: int = 0,
    total: int | None = None,
    header_rate: int | None = None,
    block: int = MAX_FLAC_BLOCK,
    extra: bytes = b"",
) -> bytes:
    """Return a FLAC file of one repeated 16-bit value: some twenty bytes for every 65535 frames.

    Args:
        total: frames that the header states instead of the true number.
        header_rate: rate that the header states instead of the true one.
        extra: metadata blocks behind the first one.
    """
    frames = round(seconds * rate)
    stated = frames if total is None else total
    stated_rate = rate if header_rate is None else header_rate
    packed = (stated_rate << 44) | ((channels - 1) << 41) | (15 << 36) | stated
    info = struct.pack(">HH", block, block) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    head = b"fLaC" + struct.pack(">I", (0 if extra else 1) << 31 | len(info)) + info + extra
    pieces = [head]
    for number, start in enumerate(range(0, frames, block)):
        pieces.append(_flac_frame(number, min(block, frames - start), channels, value))
    return b"".join(pieces)


def metadata_block(kind: int, content: bytes, size: int | None = None, last: bool = True) -> bytes:
    """Return a FLAC metadata block; kind 4 is comments, 6 a picture, 3 a table of seek points."""
    size = len(content) if size is None else size
    return struct.pack(">I", last << 31 | kind << 24 | size) + content


def ogg_pages(content: bytes) -> list[bytes]:
    """Split an OGG file into its pages."""
    pages, start = [], 0
    while start < len(content):
        segments = content[start + 26]
        size = 27 + segments + sum(content[start + 27 : start + 27 + segments])
        pages.append(content[start : start + size])
        start += size
    return pages


def ogg_page(page: bytes, *, granule: int | None = None, number: int | None = None) -> bytes:
    """Return a page with another position or number, and the checksum that belongs to it."""
    page = bytearray(page)
    if granule is not None:
        page[6:14] = struct.pack("<Q", granule % 2**64)
    if number is not None:
        page[18:22] = struct.pack("<I", number)
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", _ogg_checksum(bytes(page)))
    return bytes(page)


def edited_ogg(content: bytes, page: int, offset: int, replacement: bytes) -> bytes:
    """Overwrite bytes of one page's packet and mend the checksum, so that the lie is believed."""
    pages = ogg_pages(content)
    start = 27 + pages[page][26] + offset
    edited = pages[page][:start] + replacement + pages[page][start + len(replacement) :]
    pages[page] = ogg_page(edited)
    return b"".join(pages)


def long_ogg(seconds: float, subtype: str) -> bytes:
    """Return hours of silence by repeating the pages of ten seconds."""
    pages = ogg_pages(encode(np.zeros(10 * RATE, np.float32), "OGG", subtype))
    headers = [page for page in pages if struct.unpack("<Q", page[6:14])[0] == 0]
    body = pages[len(headers) : -1]
    ends = [struct.unpack("<Q", page[6:14])[0] for page in body]
    clock = 48000 if subtype == "OPUS" else RATE
    result, number, passed = list(headers), len(headers), 0
    while passed < seconds * clock:
        for page, end in zip(body, ends):
            result.append(ogg_page(page, granule=passed + end, number=number))
            number += 1
        passed += ends[-1]
    return b"".join(result)


def long_mp3(seconds: float) -> bytes:
    """Return hours of silence by repeating the frames of ten seconds."""
    ten = encode(np.zeros(10 * RATE, np.float32), "MP3")
    start = ten.index(ten[:2], 100)  # behind the frame that counts the others
    return ten[start:] * round(seconds / 10)


def _flac_frame(number: int, frames: int, channels: int, value: int) -> bytes:
    """Return a frame of constant subframes; rate and depth are those of the file's header."""
    coded = _utf8(number)
    head = b"\xff\xf8" + bytes([0x70, (channels - 1) << 4]) + coded + struct.pack(">H", frames - 1)
    head += bytes([_crc(head, 8, 0x07)])
    body = head + (b"\x00" + struct.pack(">h", value)) * channels
    return body + struct.pack(">H", _crc(body, 16, 0x8005))


def _utf8(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


def _crc(content: bytes, bits: int, polynomial: int) -> int:
    top, mask, value = 1 << (bits - 1), (1 << bits) - 1, 0
    for byte in content:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
    return value


def _ogg_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)) & 0xFFFFFFFF
        table.append(value)
    return table


_OGG_TABLE = _ogg_table()


def _ogg_checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _OGG_TABLE[value >> 24 ^ byte]
    return value
