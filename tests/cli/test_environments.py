"""The whole command line where terminals, file systems and shells differ."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys

import pytest
import soundfile

from ast_demo.__main__ import main
from ast_demo.cli.sounds import expand
from tests.helpers.models import hearing_classifier, save_checkpoint
from tests.helpers.sound_files import noise

LABELS = ["дождь →", "Straße", "=1+1", "Ελλάδα"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny checkpoint whose labels few terminals can show."""
    folder = tmp_path_factory.mktemp("model")
    shape = {"num_hidden_layers": 1, "intermediate_size": 48, "max_length": 64}
    save_checkpoint(
        hearing_classifier(LABELS, **shape, initializer_range=0.02, problem_type=None), folder
    )
    return str(folder)


@pytest.fixture
def sounds(tmp_path, monkeypatch):
    """A folder of sounds with names of every kind, and the way there."""
    monkeypatch.chdir(tmp_path)
    for name in ("plain.wav", "дождь.wav", "🐕.wav", "a\\b.wav", "x" * 200 + ".wav", "=1+1.wav"):
        soundfile.write(tmp_path / name, noise(), 16000)
    (tmp_path / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A ")
    with_surrogate = os.fsencode("caf") + b"\xe9.wav"
    shutil.copy(tmp_path / "plain.wav", os.fsencode(tmp_path) + b"/" + with_surrogate)
    for name in ("._plain.wav", "._other.wav"):
        (tmp_path / name).write_bytes(b"\x00\x05\x16\x07Mac OS X        ")
    return sorted(path.name for path in tmp_path.glob("*.wav") if not path.name.startswith("._"))


class Terminal:
    """Output in one encoding, strict about what that cannot hold."""

    def __init__(self, encoding):
        self._streams = [
            io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n") for _ in range(2)
        ]

    def run(self, *arguments):
        out, err = self._streams
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            return run(*arguments)

    def texts(self):
        """Return what came to standard output and to standard error."""
        for stream in self._streams:
            stream.flush()
        return [stream.buffer.getvalue().decode(stream.encoding) for stream in self._streams]


@pytest.fixture(params=["cp1252", "ascii", "utf-8"])
def terminal(request):
    return Terminal(request.param)


def run(command, model, *arguments):
    return main([command, *arguments, "--model", model, "--device", "cpu", "--dtype", "float32"])


def test_no_name_and_no_label_ends_a_table(model, sounds, terminal):
    assert terminal.run("classify", model, *sounds) == 0
    assert terminal.texts()[0].count("  1.00 s\n") == len(sounds) == 7


def test_every_line_of_json_is_json_and_holds_the_true_names(model, sounds, terminal):
    assert terminal.run("classify", model, *sounds, "--json") == 0
    entries = [json.loads(line) for line in terminal.texts()[0].splitlines()]
    assert [entry["file"] for entry in entries] == sounds
    assert {row["label"] for row in entries[0]["labels"]} == set(LABELS)


def test_every_row_of_csv_arrives_and_none_is_a_formula(model, sounds, terminal):
    assert terminal.run("classify", model, *sounds, "--csv") == 0
    rows = list(csv.reader(io.StringIO(terminal.texts()[0])))
    assert len(rows) == 1 + len(LABELS) * len(sounds)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_a_timeline_as_json_is_json_everywhere(model, sounds, terminal):
    assert terminal.run("timeline", model, "🐕.wav", "--json") == 0
    assert json.loads(terminal.texts()[0])["labels"] == LABELS


def test_timelines_of_every_name_are_written_and_listed(model, sounds, terminal, tmp_path):
    assert terminal.run("timeline", model, ".", "--csv", "--json", "-o", "out") == 1  # the m4a
    written = [path.name for path in (tmp_path / "out").glob("*.wav.csv")]
    assert sorted(written) == sorted(f"{name}.csv" for name in sounds)
    assert "phone.m4a skipped" in terminal.texts()[1]
    assert (
        (tmp_path / "out" / "plain.wav.csv").read_bytes().startswith(b"\xef\xbb\xbfstart_seconds")
    )


def test_figures_of_every_name_are_drawn(model, sounds, terminal, tmp_path):
    names = [name for name in sounds if len(name) > 100 or "\\" in name]
    assert terminal.run("explain", model, *names, "-o", "figures") == 0
    assert len(list((tmp_path / "figures").glob("*.png"))) == 2


def test_a_name_as_long_as_the_system_allows_ends_no_batch(model, sounds, capsys, tmp_path):
    longest = "y" * 251 + ".wav"
    shutil.copy("plain.wav", longest)
    assert run("timeline", model, longest, "plain.wav", "--csv", "-o", "out") == 1
    assert "the name of its csv file would be too long" in capsys.readouterr().err
    assert (tmp_path / "out" / "plain.wav.csv").is_file()
    assert run("explain", model, longest, "-o", "figures") == 0


@pytest.mark.parametrize("pattern", ["*.wav", "./*.wav", "**/*.wav"])
def test_patterns_are_expanded_where_the_shell_does_not(model, sounds, pattern, capsys):
    assert run("classify", model, pattern, "--json") == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(os.path.basename(entry["file"]) for entry in entries) == sounds


def test_a_name_with_brackets_is_a_name_before_it_is_a_pattern(sounds):
    shutil.copy("plain.wav", "take[1].wav")
    assert expand("take[1].wav") == ["take[1].wav"]
    assert expand("take[2].wav") == ["take[2].wav"]


def test_a_pattern_without_a_match_is_reported_as_it_stands(model, sounds, capsys):
    assert run("classify", model, "*.flac", "plain.wav") == 1
    assert "*.flac: does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["classify", "timeline"])
def test_the_companions_of_a_mac_are_skipped_with_one_line_in_all(model, sounds, command, capsys):
    assert run(command, model, "._plain.wav", "plain.wav", "._other.wav") == 0
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("2 files were skipped whose names begin with ._")


def test_companions_alone_are_no_sounds(model, sounds, capsys):
    assert run("classify", model, "._plain.wav") == 2
    assert "give the sounds themselves" in capsys.readouterr().err


def test_an_unreadable_file_is_reported_where_the_system_has_no_pread(
    model, sounds, monkeypatch, capsys
):
    monkeypatch.delattr(os, "pread", raising=False)
    monkeypatch.delattr(os, "O_NONBLOCK", raising=False)
    assert run("classify", model, "phone.m4a", "plain.wav") == 1
    captured = capsys.readouterr()
    assert "phone.m4a: is MPEG-4" in captured.err
    assert "plain.wav" in captured.out


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=["western Windows", "LANG=C"],
)
def test_a_whole_process_ends_well_on_terminals_that_show_few_letters(model, sounds, environment):
    command = [sys.executable, "-m", "ast_demo", "classify", "--model", model, "--device", "cpu"]
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    result = subprocess.run(
        [*command, "--json", *sounds],
        env={**os.environ, **environment, "PYTHONPATH": folder},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    assert len([json.loads(line) for line in result.stdout.splitlines()]) == len(sounds)
