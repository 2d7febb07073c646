"""A ZIP is unpacked within bounds; bombs, links, other archives and other paths are refused."""

import io
import stat
import zipfile

import pytest

from ast_demo.check.archive import ArchiveError, ArchiveLimits, shown_name, unpack

LIMITS = ArchiveLimits(
    packed_bytes=1 << 20, members=5, unpacked_bytes=1 << 20, ratio=100, advice="run it at home"
)


def pack(path, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def test_folders_of_sounds_are_unpacked(tmp_path):
    file = pack(tmp_path / "a.zip", [("dog/1.wav", b"x"), ("cat/2.wav", b"y")])
    inside = unpack(file, tmp_path / "out", LIMITS)
    assert sorted(str(p.relative_to(inside)) for p in inside.rglob("*.wav")) == [
        "cat/2.wav",
        "dog/1.wav",
    ]


def test_the_one_folder_inside_is_entered_and_litter_is_left_out(tmp_path):
    files = [("all/dog/1.wav", b"x"), ("all/cat/2.wav", b"y"), ("__MACOSX/._1.wav", b"z")]
    inside = unpack(pack(tmp_path / "a.zip", files), tmp_path / "out", LIMITS)
    assert inside.name == "all"
    assert {p.name for p in inside.iterdir()} == {"dog", "cat"}


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("../evil.wav", b"x")], "leads out of it"),
        ([("a/../../evil.wav", b"x")], "leads out of it"),
        ([("/etc/evil.wav", b"x")], "leads out of it"),
        ([("..\\evil.wav", b"x")], "leads out of it"),
        ([("C:/evil.wav", b"x")], "leads out of it"),
        ([(link("dog/1.wav"), b"/etc/passwd")], "holds a link"),
        ([("dog/more.zip", b"x")], "another archive"),
        ([("dog/more.tar.gz", b"x")], "another archive"),
        ([(f"dog/{n}.wav", b"x") for n in range(6)], "6 files, the limit is 5"),
        ([("dog/1.wav", bytes(200_000))], "more than 100 times its size"),
        ([("dog/1.wav", b"x"), ("DOG/1.WAV", b"y")], "twice"),
        ([("dog/", b"")], "holds no files"),
    ],
)
def test_what_is_not_to_be_trusted_is_refused_and_nothing_stays(tmp_path, files, words):
    file = pack(tmp_path / "a.zip", files)
    with pytest.raises(ArchiveError, match=words):
        unpack(file, tmp_path / "out", LIMITS)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "evil.wav").exists()


def test_all_members_together_are_bounded(tmp_path):
    files = [(f"dog/{n}.wav", bytes(range(256)) * 1500) for n in range(3)]
    file = pack(tmp_path / "a.zip", files, zipfile.ZIP_STORED)
    with pytest.raises(ArchiveError, match=r"more than 1 MB.*run it at home"):
        unpack(file, tmp_path / "out", ArchiveLimits(1 << 30, 5, 1 << 20, 100, "run it at home"))


def test_a_size_that_is_a_lie_is_found_out_while_unpacking(tmp_path):
    file = pack(tmp_path / "a.zip", [("dog/1.wav", bytes(900_000))])
    content = bytearray(file.read_bytes())
    for place in (content.rfind(b"PK\x01\x02") + 24, 22):  # the directory and the member's header
        content[place : place + 4] = (1000).to_bytes(4, "little")
    file.write_bytes(content)
    with pytest.raises(ArchiveError):
        unpack(file, tmp_path / "out", LIMITS)
    assert not (tmp_path / "out").exists()


def test_a_large_file_is_refused_before_it_is_opened(tmp_path):
    file = tmp_path / "a.zip"
    file.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(ArchiveError, match=r"1 MB, the limit is 1 MB; run it at home"):
        unpack(file, tmp_path / "out", LIMITS)


@pytest.mark.parametrize("content", [b"", b"RIFF....", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_zip_is_refused(tmp_path, content):
    file = tmp_path / "a.zip"
    file.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged or no ZIP"):
        unpack(file, tmp_path / "out", LIMITS)


def test_an_encrypted_zip_is_told_so(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("dog/1.wav", b"x")
    content = bytearray(buffer.getvalue())
    content[6] |= 1  # the flag of encryption, in header and directory
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    file = tmp_path / "a.zip"
    file.write_bytes(content)
    with pytest.raises(ArchiveError, match="without a password"):
        unpack(file, tmp_path / "out", LIMITS)


def test_names_are_shown_as_one_short_line():
    assert shown_name("a\n\x1b[31m" + "b" * 500).startswith("a??[31mb")
    assert len(shown_name("b" * 500)) == 200
