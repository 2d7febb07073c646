"""Sounds that are broken, lying, extreme or oddly named, and what each must lead to."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.hostile.sound_makers import (
    RATE,
    chunk,
    edited_ogg,
    encode,
    flac,
    float_wav,
    long_mp3,
    long_ogg,
    metadata_block,
    ogg_page,
    ogg_pages,
    tone,
    wav,
)

WINDOW = 400 + 1023 * 160  # samples that fill 1024 frames
HOURS = 6 * 3600.0  # seconds


@dataclass(frozen=True)
class Case:
    """One file: how its bytes are made, and what must come of it.

    `heard` names what must be right about the answer: "seconds", "hertz", "peak", "mean". `note` is
    a part of one of the notes. `refused` is a part of the sentence; None with nothing heard means
    that either is right, as for random bytes.
    """

    name: str
    make: Callable[[], bytes]
    heard: dict[str, float] = field(default_factory=dict)
    note: str | None = None
    refused: str | None = None
    file: str = "sound.wav"


def _tone_case(name: str, make: Callable[[], bytes], file: str = "sound.wav", **other) -> Case:
    return Case(name, make, {"seconds": 1.0, "hertz": 440.0, "peak": 0.25}, file=file, **other)


def truncations() -> list[Case]:
    """Cut honest files at every boundary of their headers."""
    files = {
        "wav": (wav, (1, 4, 8, 12, 16, 20, 22, 24, 28, 34, 36, 40, 44)),
        "flac": (lambda: encode(tone(), "FLAC"), (3, 4, 8, 18, 26, 42, 46, 60)),
        "ogg": (lambda: encode(tone(), "OGG", "VORBIS"), (4, 26, 27, 28, 58, 85, 200, 3000)),
        "opus": (lambda: encode(tone(), "OGG", "OPUS"), (4, 27, 36, 47, 75, 100)),
        "mp3": (lambda: encode(tone(), "MP3"), (2, 4, 40, 150)),
        "aiff": (lambda: encode(tone(), "AIFF"), (4, 12, 20, 38, 54)),
        "caf": (lambda: encode(tone(), "CAF"), (4, 8, 20, 52, 64)),
        "au": (lambda: encode(tone(), "AU"), (4, 8, 12, 24)),
        "w64": (lambda: encode(tone(), "W64"), (16, 40, 64, 104)),
        "rf64": (lambda: encode(tone(), "RF64"), (4, 12, 48, 80)),
    }
    return [
        Case(f"{name}-cut-at-{size}", lambda make=make, size=size: make()[:size], refused="sound",
             file=f"sound.{name}")
        for name, (make, sizes) in files.items()
        for size in sizes
    ]  # fmt: skip


def garbage() -> list[Case]:
    """Random bytes, and files that are no sound, under every extension."""
    kinds = ["wav", "flac", "ogg", "opus", "mp3", "aiff", "caf", "au", "w64", "rf64"]
    kinds += ["m4a", "webm", "wma", "amr", "raw", "txt", "html", "svg"]
    noise = [
        Case(f"random-{kind}", lambda seed=seed: _noise(seed), refused="be read as audio",
             file=f"sound.{kind}")
        for seed, kind in enumerate(kinds)
    ]  # fmt: skip
    foreign = {
        "empty": (b"", "empty"),
        "one-byte": (b"R", "be read as audio"),
        "html": (b"<html><script>alert(1)</script></html>", "be read as audio"),
        "svg": (
            b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
            "be read as audio",
        ),
        "zip": (b"PK\x03\x04" + bytes(100), "be read as audio"),
        "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "be read as audio"),
        "executable": (b"\x7fELF" + bytes(200), "be read as audio"),
        "pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", "be read as audio"),
        "playlist": (
            b"#EXTM3U\nhttp://127.0.0.1/secret\nfile:///etc/passwd\n",
            "be read as audio",
        ),
        "m4a": (b"\x00\x00\x00\x20ftypM4A " + bytes(100), "MPEG-4"),
        "webm": (b"\x1a\x45\xdf\xa3" + bytes(100), "WebM"),
        "midi": (b"MThd\x00\x00\x00\x06" + bytes(50), "MIDI"),
        "zeros": (bytes(5000), "be read as audio"),
    }
    return noise + [
        Case(f"{name}-named-wav", lambda content=content: content, refused=part)
        for name, (content, part) in foreign.items()
    ]


def wrong_extensions() -> list[Case]:
    """Honest sounds under another format's name: the content decides."""
    pairs = {
        "wav-named-mp3": (wav, "sound.mp3"),
        "wav-named-raw": (wav, "sound.raw"),
        "flac-named-wav": (lambda: encode(tone(), "FLAC"), "sound.wav"),
        "ogg-named-txt": (lambda: encode(tone(), "OGG", "VORBIS"), "sound.txt"),
        "mp3-named-flac": (lambda: encode(tone(), "MP3"), "sound.flac"),
        "aiff-without-extension": (lambda: encode(tone(), "AIFF"), "sound"),
    }
    return [Case(name, make, {"hertz": 440.0}, file=file) for name, (make, file) in pairs.items()]


def lying_wav() -> list[Case]:
    """WAV headers that state what is not so."""
    high = 0xFFFFFFFF
    stated = {
        "riff-size-0": {"riff_size": 0},
        "riff-size-max": {"riff_size": high},
        "data-size-0": {"data_size": 0},
        "data-size-max": {"data_size": high},
        "data-size-2gb": {"data_size": 0x7FFFFFFF},
        "junk-before-data": {"before": chunk(b"LIST", b"INFOISFT" + bytes(1000))},
        "odd-chunk": {"before": chunk(b"junk", bytes(7)) + b"\x00"},
        "fact-lies": {"before": chunk(b"fact", struct.pack("<I", high))},
        "cue-lies": {"after": chunk(b"cue ", struct.pack("<I", high) + bytes(24))},
        "text-max": {"after": chunk(b"LIST", b"INFOINAM" + struct.pack("<I", high))},
        "sampler-lies": {"after": chunk(b"smpl", bytes(28) + struct.pack("<II", high, high))},
    }
    cases = [
        _tone_case(f"wav-{name}", lambda fields=fields: wav(**fields))
        for name, fields in stated.items()
    ]
    cases.append(
        _tone_case(
            "wav-promises-more", lambda: wav(data_size=96000), note="header promises more sound"
        )
    )
    broken = {
        "channels-0": ({"channels": 0, "align": 2}, "sound"),
        "channels-65535": ({"channels": 65535}, "sound"),
        "rate-0": ({"rate": 0}, "sound"),
        "rate-1": ({"rate": 1}, "8000"),
        "rate-7999": ({"rate": 7999}, "8000"),
        "rate-192001": ({"rate": 192001}, "192000"),
        "rate-2147483647": ({"rate": 2**31 - 1}, "192000"),
        "rate-4294967295": ({"rate": high}, "sound"),
        "bits-0": ({"bits": 0, "align": 2}, "sound"),
        "bits-65535": ({"bits": 65535, "align": 2}, "sound"),
        "align-0": ({"align": 0}, None),
        "tag-65535": ({"tag": 65535}, "sound"),
        "tag-mpeg": ({"tag": 0x55}, "sound"),
        "format-size-0": ({"format_size": 0}, "sound"),
        "format-size-max": ({"format_size": high}, "sound"),
        "chunk-size-max": ({"before": b"LIST" + struct.pack("<I", high)}, None),
    }
    cases += [
        Case(f"wav-{name}", lambda fields=fields: wav(**fields), refused=part)
        for name, (fields, part) in broken.items()
    ]
    cases.append(Case("wav-without-data", lambda: wav()[:36], refused="sound"))
    cases.append(Case("wav-20000-lists", lambda: wav(before=chunk(b"LIST", b"INFO") * 20000)))
    return cases


def lying_flac_and_ogg() -> list[Case]:
    """FLAC, OGG, AIFF, CAF and AU headers that state what is not so."""
    high = b"\xff\xff\xff\xff"

    def vorbis() -> bytes:
        return encode(tone(), "OGG", "VORBIS")

    def opus() -> bytes:
        return encode(tone(), "OGG", "OPUS")

    def with_last_granule(granule: int) -> bytes:
        pages = ogg_pages(vorbis())
        return b"".join([*pages[:-1], ogg_page(pages[-1], granule=granule)])

    def edited(kind: str, offset: int, replacement: bytes) -> bytes:
        content = encode(tone(), kind)
        return content[:offset] + replacement + content[offset + len(replacement) :]

    comment = struct.pack("<I", 0xFFFFFFFF) + bytes(60)
    return [
        Case("flac-claims-13-days", lambda: flac(1, total=2**34), {"seconds": 1.0},
             note="header promises"),
        Case("flac-claims-too-few", lambda: flac(1, total=100), None or {}, file="a.flac"),
        Case("flac-rate-0", lambda: flac(1, header_rate=0), refused="sound"),
        Case("flac-rate-655350", lambda: flac(1, header_rate=655350), refused="192000"),
        Case("flac-rate-44101", lambda: flac(1, header_rate=44101), {"seconds": 16000 / 44100},
             note="44 101 Hz read as 44 100 Hz"),
        Case("flac-comment-lies", lambda: flac(1, extra=metadata_block(4, comment))),
        Case("flac-picture-of-16-mb", lambda: flac(
            1, extra=metadata_block(6, bytes(40), 2**24 - 1)), refused="sound"),
        Case("flac-seek-points-lie", lambda: flac(1, extra=metadata_block(3, b"\xff" * 18 * 100))),
        Case("flac-two-thousand-blocks", lambda: flac(1, extra=metadata_block(
            1, bytes(8), last=False) * 2000 + metadata_block(1, bytes(8)))),
        Case("ogg-granule-max", lambda: with_last_granule(2**63 - 1)),
        Case("ogg-granule-minus-1", lambda: with_last_granule(-1)),
        Case("ogg-granule-0", lambda: with_last_granule(0)),
        Case("vorbis-channels-0", lambda: edited_ogg(vorbis(), 0, 11, b"\x00"), refused="sound"),
        Case("vorbis-channels-255", lambda: edited_ogg(vorbis(), 0, 11, b"\xff"), refused="sound"),
        Case("vorbis-rate-0", lambda: edited_ogg(vorbis(), 0, 12, bytes(4)), refused="sound"),
        Case("vorbis-rate-max", lambda: edited_ogg(vorbis(), 0, 12, high), refused="sound"),
        Case("vorbis-comments-lie", lambda: edited_ogg(vorbis(), 1, 7, high)),
        Case("opus-channels-0", lambda: edited_ogg(opus(), 0, 9, b"\x00"), refused="sound"),
        Case("opus-channels-255", lambda: edited_ogg(opus(), 0, 9, b"\xff"), refused="sound"),
        Case("opus-skip-65535", lambda: edited_ogg(opus(), 0, 10, b"\xff\xff")),
        Case("opus-gain-max", lambda: edited_ogg(opus(), 0, 16, b"\xff\x7f")),
        Case("ogg-first-page-thrice", lambda: ogg_pages(vorbis())[0] * 2 + vorbis()),
        Case("ogg-of-another-codec", lambda: edited_ogg(vorbis(), 0, 0, b"\x80theora"),
             refused="sound"),
        Case("aiff-frames-max", lambda: edited("AIFF", 22, high)),
        Case("aiff-channels-0", lambda: edited("AIFF", 20, b"\x00\x00"), refused="sound"),
        Case("aiff-rate-infinite", lambda: edited("AIFF", 28, b"\x7f\xff" + bytes(8)),
             refused="sound"),
        Case("au-size-max", lambda: edited("AU", 8, high), {"hertz": 440.0}),
        Case("au-offset-max", lambda: edited("AU", 4, high), refused="sound"),
        Case("au-channels-1024", lambda: edited("AU", 20, struct.pack(">I", 1024)),
             refused="channels"),
        Case("caf-rate-nan", lambda: edited("CAF", 20, struct.pack(">d", float("nan"))),
             refused="sound"),
        Case("caf-rate-infinite", lambda: edited("CAF", 20, struct.pack(">d", float("inf"))),
             refused="sound"),
    ]  # fmt: skip


def rates_and_channels() -> list[Case]:
    """Every rate that is read, those whose filter would take gigabytes, and 1 to 1024 channels."""
    cases = []
    for rate in (8000, 8001, 11025, 22050, 44100, 44101, 47999, 48000, 96000, 176400, 192000):
        cases.append(
            Case(f"rate-{rate}", lambda rate=rate: encode(tone(1.0, rate), "WAV", "PCM_16", rate),
                 {"hertz": 440.0, "seconds": 1.0})
        )  # fmt: skip
    for channels in (1, 2, 6, 8, 9, 64, 1024):

        def many(channels=channels) -> bytes:
            return encode(np.repeat(tone(0.2)[:, None], channels, axis=1), "WAV", "PCM_16")

        fits = channels <= 8
        cases.append(
            Case(f"channels-{channels}", many, {"seconds": 0.2, "peak": 0.25} if fits else {},
                 refused=None if fits else f"{channels} channels, the limit is 8")
        )  # fmt: skip
    return cases


def encodings() -> list[Case]:
    """Sample formats that are read, and those that are named and refused."""
    read = [
        ("WAV", "PCM_U8"), ("WAV", "PCM_24"), ("WAV", "PCM_32"), ("WAV", "FLOAT"),
        ("WAV", "DOUBLE"), ("WAV", "ALAW"), ("WAV", "ULAW"), ("WAV", "IMA_ADPCM"),
        ("WAV", "MS_ADPCM"), ("WAV", "GSM610"), ("WAVEX", "PCM_16"), ("AIFF", "PCM_S8"),
        ("AIFF", "PCM_24"), ("AU", "ULAW"), ("AU", "G721_32"), ("CAF", "ALAC_16"),
        ("CAF", "ALAC_32"), ("FLAC", "PCM_S8"), ("FLAC", "PCM_24"), ("OGG", "OPUS"),
        ("RF64", "DOUBLE"), ("W64", "ALAW"),
    ]  # fmt: skip
    cases = [
        Case(f"{kind}-{subtype}".lower(), lambda kind=kind, subtype=subtype: encode(
            tone(), kind, subtype), {"hertz": 440.0})
        for kind, subtype in read
    ]  # fmt: skip
    cases += [
        Case(f"{kind}-{subtype}".lower(), lambda kind=kind, subtype=subtype: encode(
            tone(), kind, subtype), refused=f"format {kind}")
        for kind, subtype in (("IRCAM", "PCM_16"), ("VOC", "PCM_16"), ("NIST", "PCM_16"))
    ]  # fmt: skip
    return cases


def values_and_lengths() -> list[Case]:
    """Samples that are no sound, and lengths around one frame and one window."""
    silence = np.zeros(RATE, np.float32)

    def with_value(value: float, dtype=np.float32) -> Callable[[], bytes]:
        samples = silence.astype(dtype)
        samples[5000] = value
        return lambda: float_wav(samples)

    values = [
        Case("nan", with_value(np.nan), refused="not finite"),
        Case("infinity", with_value(np.inf), refused="not finite"),
        Case("minus-infinity", with_value(-np.inf), refused="not finite"),
        Case("nan-in-double", with_value(np.nan, np.float64), refused="not finite"),
        Case("1e30", with_value(1e30), refused="1e+30 times full scale"),
        Case("1e300-in-double", with_value(1e300, np.float64), refused="not finite"),
        Case("pcm-in-floats", lambda: float_wav(tone() * 32767), refused="times full scale"),
        Case("denormals", lambda: float_wav(np.full(RATE, 1e-40, np.float32)), {"seconds": 1.0}),
        Case("constant", lambda: float_wav(np.full(RATE, 0.5, np.float32)), {"mean": 0.5}),
        Case("all-zero", lambda: float_wav(silence), {"peak": 0.0}, note="digital silence"),
        Case("all-nan", lambda: float_wav(silence * np.nan), refused="not finite"),
    ]
    lengths = [
        Case(f"{samples}-samples", lambda samples=samples: float_wav(silence[:samples]),
             refused="expected at least 25 ms")
        for samples in (0, 1, 399)
    ]  # fmt: skip
    notes = {400: "padded", 401: "padded", WINDOW - 160: "padded", WINDOW: None,
             WINDOW + 1: None, WINDOW + 160: "the first 10.26 s are used"}  # fmt: skip
    lengths += [
        Case(f"{samples}-samples", lambda samples=samples: float_wav(np.full(samples, 0.1, "f4")),
             {"seconds": samples / RATE}, note=note)
        for samples, note in notes.items()
    ]  # fmt: skip
    return values + lengths


def bombs() -> list[Case]:
    """Small files that unfold into hours."""
    cut = "cut after 600 s"
    return [
        Case("flac-6-hours", lambda: flac(HOURS), {"seconds": 600.0}, note=cut),
        Case("flac-1-megabyte", lambda: flac(80 * 3600.0), {"seconds": 600.0}, note=cut),
        Case("flac-8-channels-192-khz", lambda: flac(3600, channels=8, rate=192000), note="cut"),
        Case("vorbis-6-hours", lambda: long_ogg(HOURS, "VORBIS"), {"seconds": 600.0}, note=cut),
        Case("opus-1-hour", lambda: long_ogg(3600, "OPUS"), {"seconds": 600.0}, note=cut),
        Case("mp3-6-hours", lambda: long_mp3(HOURS), {"seconds": 600.0}, note=cut),
        Case("adpcm-20-minutes", lambda: encode(np.zeros(1200 * 8000), "WAV", "IMA_ADPCM", 8000),
             {"seconds": 600.0}, note=cut),
        Case("alac-20-minutes", lambda: encode(np.zeros(1200 * 8000), "CAF", "ALAC_16", 8000),
             {"seconds": 600.0}, note=cut),
    ]  # fmt: skip


def odd_names() -> list[Case]:
    """File names that try to be markup, templates, paths or options."""
    names = [
        "<img src=x onerror=alert(1)>.wav",
        "${alert(1)}.wav",
        "{{value}}.wav",
        "{% include 'x' %}.wav",
        "%s%n%x.wav",
        "line\nbreak\r.wav",
        "tab\there.wav",
        "\x1b[31mred.wav",
        "a" * 251 + ".wav",
        "ä" * 125 + ".wav",
        "звук собаки.wav",
        "声音.wav",
        "صوت.wav",
        "\u202egpj.wav",
        "..%2f..%2fetc%2fpasswd.wav",
        "..\\..\\windows.wav",
        "-rf.wav",
        " .wav",
        "CON.wav",
        "file:%2f%2fetc.wav",
        "'; drop table sounds; --.wav",
        "🐕.wav",
    ]
    honest = [_tone_case(f"name-{index}", wav, file=name) for index, name in enumerate(names)]
    broken = [
        Case(
            f"name-{index}-refused",
            lambda: b"no sound",
            refused="be read as audio",
            file=name,
        )
        for index, name in enumerate(names)
    ]
    return honest + broken


def all_cases() -> list[Case]:
    """List every case."""
    return [
        *truncations(), *garbage(), *wrong_extensions(), *lying_wav(), *lying_flac_and_ogg(),
        *rates_and_channels(), *encodings(), *values_and_lengths(), *bombs(), *odd_names(),
    ]  # fmt: skip


def _noise(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(20000)


def write(case: Case, folder: Path) -> Path:
    """Write a case's file into a folder of its own."""
    path = folder / case.file
    path.write_bytes(case.make())
    return path


def special_paths(folder: Path) -> dict[str, tuple[str | bytes, str]]:
    """Make things that are no plain files; map a name to a path and a part of the refusal."""
    os.mkfifo(folder / "pipe.wav")
    (folder / "folder.wav").mkdir()
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "dangling.wav").symlink_to("nowhere.wav")
    (folder / "passwd.wav").symlink_to("/etc/passwd")
    with open(folder / "sparse.wav", "wb") as sparse:
        sparse.write(wav())
        sparse.truncate(3 << 30)
    odd = os.fsencode(folder) + b"/\xff\xfe.wav"
    with open(odd, "wb") as stream:
        stream.write(b"no sound")
    return {
        "pipe": (folder / "pipe.wav", "no regular file"),
        "folder": (folder / "folder.wav", "is a folder"),
        "loop of links": (folder / "loop.wav", "cannot be opened"),
        "dangling link": (folder / "dangling.wav", "does not exist"),
        "link to a text": (folder / "passwd.wav", "be read as audio"),
        "endless device": ("/dev/zero", "no regular file"),
        "empty device": ("/dev/null", "no regular file"),
        "process memory": ("/proc/self/mem", "empty"),
        "3 GB": (folder / "sparse.wav", "the limit is"),
        "name of no text": (odd, "be read as audio"),
        "nothing": ("", "does not exist"),
        "name of 5000 letters": ("a" * 5000, "cannot be opened"),
        "path with NUL": (str(folder) + "/a\x00b.wav", "cannot be opened"),
        "missing": (folder / "missing.wav", "does not exist"),
    }
