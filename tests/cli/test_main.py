"""The command line: the same answers as in Python, exit codes, and faults told in a sentence."""

import argparse
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ast_demo.__main__ import main
from ast_demo.audio.load import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.cli.classify import figure_files, hottest_patches
from ast_demo.cli.report import TableReport, bar
from ast_demo.explain.explanation import Prediction
from ast_demo.features.patches import PatchGrid
from tests.helpers.models import hearing_classifier, save_checkpoint

LABELS = ["Dog", "Rain", "Glass, broken", "Clock"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The folder of a tiny checkpoint."""
    folder = tmp_path_factory.mktemp("model")
    shape = {"intermediate_size": 48, "max_length": 64}
    save_checkpoint(hearing_classifier(LABELS, std=0.3, **shape, problem_type=None), folder)
    return str(folder)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A sound file that fills the window."""
    path = tmp_path_factory.mktemp("sounds") / "noise.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 16000), 16000)
    return str(path)


def run(command, model, *arguments):
    return main([command, "--model", model, "--device", "cpu", "--dtype", "float32", *arguments])


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_classify_prints_what_the_classifier_says(model, sound, capsys):
    assert run("classify", model, sound, "--json", "--top", "0") == 0
    (entry,) = json_lines(capsys.readouterr().out)
    expected = AudioClassifier.load(model, "cpu", "float32").classify(load_audio(sound))
    assert [(row["label"], row["score"]) for row in entry["labels"]] == [
        (label, pytest.approx(score, abs=1e-5)) for label, score in expected.scores.items()
    ]
    assert entry["file"] == sound
    assert entry["rule"] == "softmax"
    assert entry["seconds"] == 1.0
    assert entry["notes"] == list(expected.notes)
    assert set(entry["timings_ms"]) == {"features", "model"}


def test_a_model_under_its_threshold_says_so_and_shows_its_scores(model, sound, tmp_path, capsys):
    doubtful = tmp_path / "doubtful"
    shutil.copytree(model, doubtful)
    config = json.loads((doubtful / "config.json").read_text())
    (doubtful / "config.json").write_text(json.dumps({**config, "abstention_threshold": 1.0}))
    assert run("classify", str(doubtful), sound, "--top", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  nothing it knows (no score reaches 1.00)"
    assert run("classify", str(doubtful), sound, "--json", "--top", "2") == 0
    (entry,) = json_lines(capsys.readouterr().out)
    assert entry["abstains"] is True
    assert len(entry["labels"]) == 2


def test_the_table_shows_as_many_labels_as_asked_best_first(model, sound, capsys):
    assert run("classify", model, sound, "--top", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    best = AudioClassifier.load(model, "cpu", "float32").classify(load_audio(sound)).top(2)
    assert lines[0].startswith(sound)
    for line, (label, score) in zip(lines[1:3], best):
        assert label in line
        assert f"{score:.3f}" in line
    assert "1.00 s long, the first 0.66 s are used" in lines[3]
    assert "softmax scores: labels exclude each other" in lines[-1]
    assert "float32 on cpu" in lines[-1]


def test_csv_keeps_labels_with_commas_in_one_column(model, sound, capsys):
    assert run("classify", model, sound, "--csv", "--top", "0") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["label"] for row in rows} == set(LABELS)
    assert [row["rank"] for row in rows] == ["1", "2", "3", "4"]
    assert sum(float(row["score"]) for row in rows) == pytest.approx(1.0, abs=1e-4)


def test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_on(
    model, sound, tmp_path, capsys
):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    assert run("classify", model, str(broken), sound, "--csv") == 1
    printed = capsys.readouterr()
    assert f"{broken}: can't be read as audio" in printed.err
    assert sound in printed.out


def test_a_file_that_cannot_be_read_has_its_own_line_of_json(model, sound, capsys):
    assert run("classify", model, "none.wav", sound, "--json") == 1
    refused, heard = json_lines(capsys.readouterr().out)
    assert refused["file"] == "none.wav"
    assert "does not exist" in refused["error"]
    assert heard["labels"]


def test_a_sound_comes_from_standard_input(model, sound):
    with open(sound, "rb") as stream:
        finished = subprocess.run(
            [sys.executable, "-m", "ast_demo", "classify", "--model", model, "--json", "-"],
            stdin=stream,
            capture_output=True,
            check=False,
        )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["seconds"] == 1.0


def test_an_unknown_model_ends_with_one_sentence_and_code_2(sound, capsys):
    assert run("classify", "no-such-model", sound) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: there is no checkpoint 'no-such-model'")
    assert len(printed.err.splitlines()) == 1


def test_a_negative_count_of_labels_is_refused(model, sound, capsys):
    assert run("classify", model, sound, "--top", "-1") == 2
    assert "--top is -1" in capsys.readouterr().err


def test_explain_writes_a_figure_in_the_format_of_its_name(model, sound, tmp_path, capsys):
    for ending, start in [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]:
        file = tmp_path / f"figure{ending}"
        assert run("explain", model, sound, "-o", str(file), "--grid") == 0
        assert file.read_bytes().startswith(start)
        assert f"figure: {file}" in capsys.readouterr().out


def test_explain_writes_a_figure_for_each_of_several_sounds(model, sound, tmp_path):
    folder = tmp_path / "figures"
    other = tmp_path / "noise.flac"  # the same stem
    soundfile.write(other, np.zeros(8000), 16000)
    assert run("explain", model, sound, str(other), "-o", str(folder)) == 0
    assert sorted(file.name for file in folder.iterdir()) == ["noise-2.png", "noise.png"]


def test_explain_names_the_patches_of_the_map_that_was_asked_for(model, sound, capsys):
    explanation = AudioClassifier.load(model, "cpu", "float32").explain(load_audio(sound))
    grid = explanation.grid
    maps = {
        (): explanation.rollout,
        ("--layer", "0"): explanation.attention(0),
        ("--layer", "1", "--head", "1"): explanation.attention(1, 1),
        ("--label", "Rain"): explanation.relevance("Rain"),
    }
    for arguments, expected in maps.items():
        assert run("explain", model, sound, "--json", *arguments) == 0
        (entry,) = json_lines(capsys.readouterr().out)
        first = entry["hottest_patches"][0]
        assert (first["row"], first["column"]) == np.unravel_index(
            expected.argmax(), expected.shape
        )
        assert first["token"] == grid.token(first["row"], first["column"])
        assert first["times_mean"] == pytest.approx(expected.max() / expected.mean(), abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--head", "1"], "--head needs --layer"),
        (["--head", "1", "--layer", "7"], "layer is 7, expected 0 to 1"),
        (["--layer", "0", "--label", "Dog"], "choose one"),
        (["--label", "Cat"], "no label 'Cat'"),
        (["-o", "picture.bmp"], "'.bmp', expected .png, .svg, .pdf"),
    ],
)
def test_requests_that_make_no_sense_are_refused_with_code_2(
    model, sound, arguments, words, capsys
):
    assert run("explain", model, sound, *arguments) == 2
    assert words in capsys.readouterr().err


def test_one_figure_cannot_hold_several_sounds(tmp_path):
    with pytest.raises(ValueError, match=r"one file for 2 sounds"):
        figure_files(["a.wav", "b.wav"], tmp_path / "one.png")


def test_a_figure_that_cannot_be_written_ends_with_code_2(model, sound, tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder would have to be")
    assert run("explain", model, sound, "-o", str(taken / "figure.png")) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(rf"error: {taken} cannot be used \(.*\): name another place.\n", said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux plays a full disk")
def test_a_full_disk_is_told_in_one_sentence(model, sound):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "ast_demo", "classify", "--model", model, sound]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 2
    sentence = "the output cannot be written (No space left on device): make room, or write it"
    assert ended.stderr == f"error: {sentence} elsewhere.\n"


def test_without_a_standard_output_the_work_is_done(model, sound, tmp_path):
    figure = tmp_path / "figure.png"
    command = [sys.executable, "-m", "ast_demo", "explain", "--model", model, sound, "-o", figure]
    ended = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command], stderr=subprocess.PIPE, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert figure.stat().st_size > 1000


def test_the_hottest_patch_is_given_with_its_place_in_the_sound():
    grid = PatchGrid(max_length=64)
    patch_map = np.ones((grid.freq_patches, grid.time_patches))
    patch_map[4, 2] = 3.0
    (patch,) = hottest_patches(grid, patch_map, count=1)
    assert (patch["row"], patch["column"], patch["token"]) == (4, 2, grid.token(4, 2))
    assert patch["seconds"] == [0.2, 0.375]
    assert patch["hertz"] == [round(hertz) for hertz in grid.hertz(4)]
    assert patch["times_mean"] == pytest.approx(3.0 / patch_map.mean(), abs=1e-3)


def test_names_cannot_command_the_terminal(model, tmp_path, capsys):
    path = tmp_path / "red\x1b[31m.wav"
    soundfile.write(path, np.zeros(8000), 16000)
    assert run("classify", model, str(path), f"{path}-missing") == 1
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert "red?[31m.wav" in printed.out


@pytest.mark.parametrize(
    ("score", "fine", "drawn"),
    [
        (0.0, True, ""),
        (0.05, True, "▌"),
        (0.55, True, "█████▌"),
        (1.0, True, "██████████"),
        (7.0, True, "██████████"),
        (-1.0, False, ""),
        (0.55, False, "######"),
    ],
)
def test_bars_are_as_long_as_the_score(score, fine, drawn):
    assert bar(score, 10, fine) == drawn


def test_bars_are_plain_where_the_terminal_knows_no_blocks():
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    prediction = Prediction({"Dog": 0.5}, "softmax", notes=(), timings={}, threshold=0.0)
    TableReport(terminal, 1).sound("a.wav", argparse.Namespace(seconds=1.0), prediction, {})
    terminal.seek(0)
    assert "##" in terminal.read()


def test_a_reader_that_leaves_early_is_no_error(model, sound):
    command = [sys.executable, "-m", "ast_demo", "classify", "--model", model, "--top", "0"]
    process = subprocess.Popen(
        [*command, *[sound] * 3], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0
    assert b"BrokenPipe" not in errors


def test_help_lists_every_command_and_imports_nothing_heavy():
    code = (
        "import sys; from ast_demo.__main__ import build_parser; "
        "print(build_parser([]).format_help()); "
        "print(sorted({'torch', 'matplotlib', 'gradio', 'torchaudio'} & set(sys.modules)))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    *page, heavy = finished.stdout.splitlines()
    assert heavy == "[]"
    commands = {line.split()[0] for line in page if line.startswith("    ") and line.split()}
    expected = {"classify", "explain", "timeline", "train", "evaluate", "norm-stats", "bench"}
    assert expected <= commands


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 0
    assert "first steps:" in capsys.readouterr().out
