"""ZIPs that mean harm: one sentence each, in little time and memory, and nothing is left behind."""

from __future__ import annotations

import random
import stat
import struct
import zipfile

import pytest

MEGABYTE = 1 << 20
SECONDS = 10.0  # of the processor; the host's own bounds are reached within one
MEGABYTES = 120.0  # of memory: a list of many members is not read, let alone what they hold


def pack(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression, compresslevel=9) as archive:
        for name, content in members:
            archive.writestr(name, content)


def zeros(path):
    pack(path, [("dog/1.wav", bytes(100 * MEGABYTE))])


def many_times_zeros(path):
    content = bytes(3 * MEGABYTE) + random.Random(0).randbytes(40_000)
    pack(path, [(f"dog/{n}.wav", content) for n in range(200)])


def overlapping(path):
    """Let many members share one body, as the best known bombs do."""
    pack(path, [("dog/0.wav", random.Random(0).randbytes(MEGABYTE))])
    content = path.read_bytes()
    start = content.rfind(b"PK\x01\x02")
    entry = content[start : content.rfind(b"PK\x05\x06")]
    copies = [entry.replace(b"dog/0", b"dog/%c" % (48 + n)) for n in range(10)]
    directory = b"".join(copies)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 10, 10, len(directory), start, 0)
    path.write_bytes(content[:start] + directory + end)


def ten_thousand(path):
    pack(path, [(f"dog/{n}.wav", b"") for n in range(10_000)], zipfile.ZIP_STORED)


def a_million_listed(path):
    """List members without holding any: 46 bytes each, in ZIP64 form."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("dog/1.wav", b"x")
    content = path.read_bytes()
    start = content.rfind(b"PK\x01\x02")
    entry = content[start : content.rfind(b"PK\x05\x06")]
    directory = entry * 600_000
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), start, 0)
    path.write_bytes(content[:start] + directory + end)


def nested(path):
    pack(path, [("dog/more.zip", b"PK\x03\x04")])


def parent(path):
    pack(path, [("../../../../tmp/evil.wav", b"x")])


def absolute(path):
    pack(path, [("/tmp/evil.wav", b"x")])


def link(path):
    info = zipfile.ZipInfo("dog/1.wav")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    pack(path, [(info, b"/etc/passwd")])


def long_name(path):
    pack(path, [(f"dog/{'x' * 5000}.wav", b"x")])


def cut_short(path):
    pack(path, [("dog/1.wav", random.Random(0).randbytes(100_000))])
    path.write_bytes(path.read_bytes()[:50_000])


def damaged_body(path):
    pack(path, [("dog/1.wav", random.Random(0).randbytes(100_000) * 2)])
    content = bytearray(path.read_bytes())
    content[40_000:40_100] = bytes(100)
    path.write_bytes(content)


def file_below_file(path):
    pack(path, [("dog", b"x"), ("dog/1.wav", b"y")])


CASES = {
    zeros: "more than 100 times",
    many_times_zeros: "more than 400 MB",
    overlapping: "",
    ten_thousand: "200, the limit",
    a_million_listed: "",
    nested: "another archive",
    parent: "leads out of it",
    absolute: "leads out of it",
    link: "holds a link",
    long_name: "too long a name",
    cut_short: "damaged or no ZIP",
    damaged_body: "damaged or no ZIP",
    file_below_file: "damaged or no ZIP",
}


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_a_hostile_zip_is_refused_in_one_sentence(worker, tmp_path, make):
    path = tmp_path / "clips.zip"
    make(path)
    report = worker.meet_within(SECONDS, "unpack", path)
    assert report["kind"] == "refusal", report
    assert CASES[make] in report["message"]
    assert len(report["message"]) < 400
    assert str(tmp_path) not in report["message"]
    assert report["processor_seconds"] < SECONDS
    assert report["megabytes"] < MEGABYTES
    assert report["untouched"]


def test_names_in_markup_are_unpacked_as_names(worker, tmp_path):
    path = tmp_path / "clips.zip"
    name = "<img src=x onerror=alert(1)>.wav"
    pack(path, [(f"dog/{name}", b"x")])
    assert worker.meet("unpack", path)["files"] == [f"dog/{name}"]
