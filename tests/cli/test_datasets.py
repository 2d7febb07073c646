"""Commands that read a data set tell what is left out of it."""

import soundfile

from ast_demo.__main__ import main
from tests.helpers.sound_files import noise


def test_the_statistics_of_a_folder_name_the_sounds_that_are_left_out(tmp_path, capsys):
    for label in ("dog", "rain"):
        (tmp_path / label).mkdir()
        for number in range(3):
            soundfile.write(tmp_path / label / f"{number}.wav", noise(0.2 + number), 16000)
    (tmp_path / "dog" / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    assert main(["norm-stats", "--data", str(tmp_path), "--json"]) == 0
    told = capsys.readouterr().err
    assert "warning: dog: 1 file is left out that cannot be read (phone.m4a)" in told
