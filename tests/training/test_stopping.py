"""A run that is stopped goes on as if it never had been, and only with the same data."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile as sf
import torch

from ast_demo.__main__ import main
from ast_demo.training.data.clips import VALIDATION
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.muon import Muon
from ast_demo.training.setup import prepare
from ast_demo.training.trainer import Trainer
from ast_demo.training.validation import Validation
from ast_demo.training.weight_average import WeightAverage
from tests.helpers.training_sounds import RATE, tiny_recipe, tone, write_classes

pytestmark = pytest.mark.usefixtures("one_thread")
REPOSITORY = Path(__file__).resolve().parents[2]
STATE = "training_state.pt"
CHECKPOINT = ("model.safetensors", "config.json", "preprocessor_config.json")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    return write_classes(tmp_path_factory.mktemp("sounds") / "tones")


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts():
    """A shell that runs tests in its background lets them ignore Ctrl+C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def train(sounds, tmp_path):
    """Return what runs the command with a recipe, and gives its exit code."""

    def run(out, data=sounds, more=(), **changes):
        recipe = tmp_path / "short.json"
        recipe.write_text(json.dumps(tiny_recipe(**changes).to_dict()))
        command = ["train", "--data", str(data), "--recipe", str(recipe), "--device", "cpu"]
        return main([*command, "--out", str(tmp_path / out), *more])

    return run


def press_ctrl_c(monkeypatch, owner, name, call, times=1):
    """Press Ctrl+C while a method is called for the n-th time, after its work is done."""
    method, calls = getattr(owner, name), []

    def pressed(*args, **options):
        result = method(*args, **options)
        calls.append(name)
        if len(calls) == call:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return result

    monkeypatch.setattr(owner, name, pressed)


def state_of(folder):
    return torch.load(folder / STATE, weights_only=True)


def assert_same_run(first, second):
    """Compare the weights, what is remembered, and the checkpoint, byte for byte."""
    states = state_of(first), state_of(second)
    assert states[0]["progress"]["step"] == states[1]["progress"]["step"]
    for part in ("network", "average"):
        for key, value in states[0][part].items():
            assert torch.equal(value, states[1][part][key]), f"{part} {key}"
    measured = [[(row["step"], row["loss"]) for row in s["progress"]["history"]] for s in states]
    assert measured[0] == measured[1]
    for name in CHECKPOINT:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


@pytest.mark.parametrize(
    ("owner", "name", "call"),
    [
        (Muon, "step", 4),  # the other optimizer has its half of the step before it
        (WeightAverage, "update", 4),
        (Trainer, "step", 6),  # a measurement is due
        (Validation, "logits", 1),
        (Validation, "logits", 2),  # of the last step
        (Trainer, "save", 1),
    ],
)
def test_ctrl_c_at_any_moment_changes_nothing_in_the_end(
    train, tmp_path, capsys, owner, name, call
):
    assert train("whole", keep="last") == 0
    with pytest.MonkeyPatch.context() as patch:
        press_ctrl_c(patch, owner, name, call)
        assert train("cut", keep="last") == 130
    assert "stopped; the same command goes on from here" in capsys.readouterr().err
    assert train("cut", keep="last") == 0
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_the_only_measurement_of_a_run_is_not_lost(train, tmp_path, capsys, monkeypatch):
    press_ctrl_c(monkeypatch, Validation, "logits", 1)
    assert train("cut", steps=3) == 130
    assert train("cut", steps=3) == 0
    assert "best at step 3" in capsys.readouterr().out


def test_ctrl_c_again_stops_at_once_and_saves_no_half_step(train, tmp_path, capsys):
    assert train("whole") == 0
    with pytest.MonkeyPatch.context() as patch:
        press_ctrl_c(patch, Muon, "step", 9, times=2)
        assert train("cut") == 130
    assert "goes on from the last saved step" in capsys.readouterr().err
    assert state_of(tmp_path / "cut")["progress"]["step"] == 6
    assert train("cut") == 0
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_ctrl_c_while_scores_are_calibrated_changes_nothing_in_the_end(tmp_path, train, capsys):
    many = write_classes(tmp_path / "many", clips=40)  # enough held-out clips to calibrate with
    # All of them are named rightly: the factor is at its limit, and would be again the next time.
    changes = {"steps": 40, "evaluate_every": 20, "batch": 12, "learning_rate": 3e-3}
    assert train("whole", many, **changes) == 0
    with pytest.MonkeyPatch.context() as patch:
        press_ctrl_c(patch, Trainer, "calibrate", 1)
        assert train("cut", many, **changes) == 130
    assert train("cut", many, **changes) == 0
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_ctrl_c_stays_ignored_where_a_shell_has_it_ignored(sounds, tmp_path, train, monkeypatch):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    press_ctrl_c(monkeypatch, Trainer, "step", 2)
    assert train("out", steps=3) == 0


def test_ctrl_c_means_what_it_did_once_a_run_has_ended(train):
    train("out", steps=1)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_signal_from_outside_stops_the_command_and_says_so(sounds, tmp_path):
    recipe = tmp_path / "long.json"
    recipe.write_text(json.dumps(tiny_recipe(steps=100_000, evaluate_every=5).to_dict()))
    command = [sys.executable, "-m", "ast_demo", "train", "--data", str(sounds), "--device", "cpu"]
    command += ["--recipe", str(recipe), "--out", str(tmp_path / "out"), "--threads", "1"]
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout:
            if line.startswith("step 5"):
                break
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopping after this step" in error
    assert error.endswith("stopped; the same command goes on from here\n")


def test_a_measurement_that_an_earlier_program_lost_is_made_up_for(train, tmp_path):
    assert train("whole", keep="last") == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    state = state_of(tmp_path / "cut")
    first = state["progress"]["history"][0]
    state["progress"].update(history=[first], best=first["top1"], best_step=first["step"])
    torch.save(state, tmp_path / "cut" / STATE)
    (tmp_path / "cut" / "config.json").unlink()
    assert train("cut", keep="last") == 0
    assert_same_run(tmp_path / "whole", tmp_path / "cut")


def test_a_run_that_stopped_early_takes_no_step_more(sounds, tmp_path):
    recipe = tiny_recipe(
        steps=60, evaluate_every=2, patience=1, learning_rate=1e-9, matrix_rate=1e-9
    )
    first = prepare(read_datasets([sounds]), recipe, tmp_path).trainer.run()
    assert first.step < 60
    again = prepare(read_datasets([sounds]), recipe, tmp_path).trainer.run()
    assert again.step == first.step


def test_a_finished_run_is_not_taken_for_one_with_more_recordings(tmp_path, train, capsys):
    sounds = write_classes(tmp_path / "growing")
    assert train("out", sounds, steps=2) == 0
    for number in range(6, 9):
        sf.write(sounds / "low" / f"{number}.wav", tone(200, number), RATE)
    (sounds / "high" / "0.wav").unlink()
    assert train("out", sounds, steps=2) == 2
    error = capsys.readouterr().err
    assert "holds a run that learns from other data (3 clips are new, 1 clips are gone" in error
    assert "give another --out, or delete training_state.pt in it to start anew." in error
    (tmp_path / "out" / STATE).unlink()
    assert train("out", sounds, steps=2) == 0


def test_learning_from_held_out_clips_too_is_another_run(sounds, train, capsys):
    assert train("out", steps=2) == 0
    held_out = next(clip for clip in read_datasets([sounds]).clips if clip.split == VALIDATION)
    assert train("out", more=["--learn-also", held_out.name], steps=2) == 2
    assert "(1 clips have another label, split, recording or size)" in capsys.readouterr().err


def test_both_states_are_named_where_both_must_go(sounds, tmp_path):
    dataset, recipe = read_datasets([sounds]), tiny_recipe(decay="linear", decay_from=0.5)
    prepare(dataset, recipe, tmp_path).trainer.run()
    fewer = replace(dataset, clips=dataset.clips[1:])
    with pytest.raises(ValueError, match=r"delete training_state\.pt and trunk_state\.pt in it"):
        prepare(fewer, recipe, tmp_path).trainer.run()


def test_a_state_that_names_no_data_is_continued(sounds, tmp_path):
    dataset = read_datasets([sounds])
    prepare(dataset, tiny_recipe(), tmp_path).trainer.run()
    state = state_of(tmp_path)
    del state["data"], state["exported_head"]
    torch.save(state, tmp_path / STATE)
    fewer = replace(dataset, clips=dataset.clips[1:])
    assert prepare(fewer, tiny_recipe(), tmp_path).trainer.resume()


def test_another_run_may_branch_from_one_with_other_data(sounds, tmp_path):
    dataset = read_datasets([sounds])
    prepare(dataset, tiny_recipe(), tmp_path / "first").trainer.run()
    fewer = replace(dataset, clips=dataset.clips[1:])
    trainer = prepare(fewer, tiny_recipe(), tmp_path / "second").trainer
    assert trainer.branch_from(tmp_path / "first" / STATE) == 12
