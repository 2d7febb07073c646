"""The command gives the numbers of Python, and one sentence where it cannot."""

import argparse
import json
import shlex
import zipfile

import numpy as np
import pytest
import soundfile

from ast_demo.__main__ import main
from ast_demo.check.check_run import run_check
from ast_demo.check.request import CheckRequest, CheckSettings
from ast_demo.check.run import Sound
from ast_demo.check.verdicts import exit_code
from ast_demo.classifier import AudioClassifier
from ast_demo.cli import check
from tests.helpers.listening_model import LABELS, LISTENER, sound


@pytest.fixture(scope="module")
def classifier():
    return AudioClassifier.load(LISTENER, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def waveform():
    rng = np.random.default_rng(5)
    noise = 0.002 * rng.normal(size=20720)
    return (sound("Low tone", 1.295, rng) + noise).astype(np.float32)


@pytest.fixture(scope="module")
def file(tmp_path_factory, waveform):
    file = tmp_path_factory.mktemp("sounds") / "low tone.wav"
    soundfile.write(file, waveform, 16000, subtype="FLOAT")
    return file


def test_the_command_gives_the_numbers_of_python(classifier, waveform, file, tmp_path, capsys):
    out = tmp_path / "r.json"
    only = ["--only", "noise,polarity", "--heat", "0", "--device", "cpu"]
    code = main(["check", str(LISTENER), "--sounds", str(file), *only, "-o", str(out)])
    settings = CheckSettings(only=("noise", "polarity"), heat_clips=0)
    named = Sound("low tone.wav", waveform, LABELS[0])
    expected = run_check(CheckRequest(classifier, [named], settings))
    found = json.loads(out.read_text())
    assert found["outcomes"] == expected["outcomes"]
    assert found["verdicts"] == expected["verdicts"]
    assert code == exit_code(expected)
    assert "bars met" in capsys.readouterr().out


def test_the_command_makes_the_same_report_again(file, tmp_path, capsys):
    first = tmp_path / "a.json"
    given = ["check", str(LISTENER), "--sounds", str(file), "--only", "level", "--heat", "0"]
    main([*given, "-o", str(first)])
    command = json.loads(first.read_text())["command"]
    assert command.startswith(f"python -m ast_demo check {LISTENER}")
    assert "'" in command  # the name with a space is quoted


def test_the_command_takes_a_zip_a_second_dtype_and_a_baseline(file, tmp_path, capsys):
    archive = tmp_path / "clips.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for label in LABELS:
            packed.write(file, f"{label}/1.wav")
    common = ["check", str(LISTENER), "--sounds", str(file), "--quick", "--only", "polarity"]
    common += ["--data", str(archive), "--against-dtype", "bfloat16", "--device", "cpu"]
    first, second = tmp_path / "a.json", tmp_path / "b"
    main([*common, "-o", str(first)])
    outputs = [word for end in (".html", ".pdf", ".md") for word in ("-o", f"{second}{end}")]
    main([*common, "--baseline", str(first), *outputs])
    assert "no breaking point moved" in (tmp_path / "b.md").read_text()
    assert json.loads(first.read_text())["against"]["dtype"] == "bfloat16"
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (["-o", "report.docx"], "expected .html, .pdf, .json, .md"),
        (["--bar", "trust=1"], "expected one of kept"),
        (["--only", "fog"], "no perturbation 'fog'"),
        (["--jobs", "0"], "expected at least 1"),
        (["--against-norm", "loud"], "expected MEAN,STD"),
        (["--data", "nowhere"], "there is no nowhere"),
        (["--seed", "-1"], "--seed is -1, expected at least 0"),
        (["--heat", "-3"], "--heat is -3, expected at least 0"),
        (["-o", "/proc/1/x/report.html"], "/proc/1/x"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_two(file, extra, words, capsys):
    assert main(["check", str(LISTENER), "--sounds", str(file), "--quick", *extra]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_baseline_of_another_seed_is_refused_before_the_work(file, tmp_path, monkeypatch, capsys):
    old = tmp_path / "old.json"
    given = ["check", str(LISTENER), "--sounds", str(file), "--quick", "--only", "polarity"]
    main([*given, "-o", str(old)])
    monkeypatch.setattr(check, "follow", lambda run: pytest.fail("it began to work"))
    assert main([*given, "--seed", "1", "--baseline", str(old)]) == 2
    assert "seed 0 there, 1 here" in capsys.readouterr().err


def test_the_terminal_tells_what_the_two_models_agree_on_and_what_was_left_out(tmp_path, capsys):
    rng = np.random.default_rng(1)
    for folder in (*LABELS, "Wolves"):
        (tmp_path / folder).mkdir()
        name = folder if folder in LABELS else LABELS[0]
        soundfile.write(tmp_path / folder / "1.wav", sound(name, 1.295, rng), 16000)
    (tmp_path / LABELS[0] / "broken.wav").write_bytes(b"no sound")
    given = ["check", str(LISTENER), "--data", str(tmp_path), "--quick", "--only", "polarity"]
    main([*given, "--against-norm=-4,5", "--device", "cpu"])
    out = capsys.readouterr().out
    assert "The best labels agree on" in out
    assert "note: Left out, since the model does not know the label: Wolves" in out
    assert "broken.wav" in out


def test_the_command_of_a_report_writes_a_mean_with_a_minus_so_that_it_is_read_again(file):
    given = [str(LISTENER), "--sounds", str(file), "--quick", "--against-norm=-4,5"]
    parser = argparse.ArgumentParser()
    check.add_parser(parser.add_subparsers())
    written = check.command_line(parser.parse_args(["check", *given]))
    again = parser.parse_args(shlex.split(written)[3:])
    assert again.against_norm == "-4,5"
