"""Whole runs on made-up sounds: they resume exactly, learn, and end as a checkpoint."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from transformers import ASTForAudioClassification as ReferenceModel

from ast_demo import AudioClassifier
from ast_demo.__main__ import main
from ast_demo.training.data.clips import DataError
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.recipe import Stage
from ast_demo.training.setup import prepare
from tests.helpers.training_sounds import RATE, tiny_recipe, tone, write_classes

pytestmark = pytest.mark.usefixtures("one_thread")
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return read_datasets([write_classes(tmp_path_factory.mktemp("sounds") / "tones")])


class KilledError(Exception):
    """Stands for a power cut."""


def kill_at(step):
    def report(progress):
        if progress.step == step:
            raise KilledError

    return report


def test_a_killed_and_resumed_run_ends_with_the_same_weights(dataset, tmp_path):
    whole = prepare(dataset, tiny_recipe(), tmp_path / "whole").trainer
    whole.run()
    with pytest.raises(KilledError):
        prepare(dataset, tiny_recipe(), tmp_path / "cut").trainer.run(kill_at(9))
    resumed = prepare(dataset, tiny_recipe(), tmp_path / "cut").trainer
    resumed.run()
    assert resumed.progress.step == 12
    for key, value in whole.average.weights.items():
        assert torch.equal(value, resumed.average.weights[key]), key


def test_a_command_killed_with_the_power_switch_resumes_to_the_same_weights(dataset, tmp_path):
    recipe = tmp_path / "short.json"
    recipe.write_text(json.dumps(tiny_recipe(steps=240, evaluate_every=40).to_dict()))
    data = str(dataset.clips[0].file.parent.parent)

    def start(out):
        command = [sys.executable, "-m", "ast_demo", "train", "--data", data, "--device", "cpu"]
        command += ["--recipe", str(recipe), "--out", str(tmp_path / out), "--threads", "1"]
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)

    whole, cut = start("whole"), start("cut")
    state = tmp_path / "cut" / "training_state.pt"
    while cut.poll() is None and not state.is_file():
        time.sleep(0.01)
    cut.kill()
    assert cut.wait() == -signal.SIGKILL  # it had not ended by itself
    assert start("cut").wait() == 0
    assert whole.wait() == 0
    first, second = (
        torch.load(tmp_path / out / "training_state.pt", weights_only=True)
        for out in ("whole", "cut")
    )
    assert first["progress"]["step"] == second["progress"]["step"] == 240
    for key, value in first["network"].items():
        assert torch.equal(value, second["network"][key]), key
    for name in ("model.safetensors", "config.json", "preprocessor_config.json"):
        whole_bytes, cut_bytes = ((tmp_path / out / name).read_bytes() for out in ("whole", "cut"))
        assert whole_bytes == cut_bytes, name


def test_a_kill_while_saving_leaves_the_last_state_whole(dataset, tmp_path, monkeypatch):
    trainer = prepare(dataset, tiny_recipe(), tmp_path / "run").trainer
    trainer.step()
    trainer.save()

    def full_disk(state, file):
        file.write_bytes(b"half a state")
        raise OSError(28, "No space left on device")

    trainer.step()
    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(ValueError, match=r"No space left on device.*goes on from the last"):
        trainer.save()
    assert trainer.resume()
    assert trainer.progress.step == 1


def test_a_run_with_another_recipe_is_not_continued(dataset, tmp_path):
    prepare(dataset, tiny_recipe(steps=1), tmp_path).trainer.run()
    with pytest.raises(ValueError, match="another recipe"):
        prepare(dataset, tiny_recipe(steps=2), tmp_path).trainer.run()


def test_tones_are_learnt_from_nothing_and_the_folder_opens_everywhere(dataset, tmp_path):
    recipe = tiny_recipe(steps=60, evaluate_every=30, batch=12, learning_rate=3e-3)
    prepare(dataset, recipe, tmp_path).trainer.run()
    classifier = AudioClassifier.load(tmp_path, device="cpu", dtype="float32")
    heard = [classifier.classify(tone(hertz, 7)).top(1)[0][0] for hertz in (210, 1050, 4100)]
    assert heard == ["low", "middle", "high"]
    reference = ReferenceModel.from_pretrained(tmp_path)
    assert reference.config.id2label == {0: "high", 1: "low", 2: "middle"}


def test_fine_tuning_replaces_the_head_and_keeps_the_body(dataset, tmp_path):
    prepare(dataset, tiny_recipe(steps=6), tmp_path / "first").trainer.run()
    two = dataset.relabelled({"middle": None}, ("low", "high"))
    recipe = tiny_recipe(start=str(tmp_path / "first"), optimizer="adam")
    prepared = prepare(two, recipe, tmp_path / "second")
    assert any("fresh head for 2 labels replaces that for 3" in note for note in prepared.notes)
    first = AudioClassifier.load(tmp_path / "first", dtype="float32").model.state_dict()
    second = prepared.trainer.model.state_dict()
    assert second["classifier.dense.weight"].shape[0] == 2
    for key, value in first.items():
        if "classifier.dense" not in key:
            assert torch.equal(value, second[key]), key


def test_labels_that_stay_keep_their_row_of_the_head(dataset, tmp_path):
    prepare(dataset, tiny_recipe(steps=6), tmp_path / "first").trainer.run()
    renamed = dataset.relabelled({"middle": "another"}, ())
    recipe = tiny_recipe(start=str(tmp_path / "first"))
    prepared = prepare(renamed, recipe, tmp_path / "second")
    assert any("2 labels are in both and keep theirs" in note for note in prepared.notes)
    key = "classifier.dense.weight"
    first = AudioClassifier.load(tmp_path / "first", dtype="float32").model.state_dict()[key]
    second = prepared.trainer.model.state_dict()[key]
    assert torch.equal(second[1:], first[:2])  # another, high, low; high, low, middle


def test_the_last_weights_are_kept_where_the_recipe_asks_for_no_choice(dataset, tmp_path):
    trainer = prepare(dataset, tiny_recipe(keep="last"), tmp_path).trainer
    trainer.run()
    assert trainer.progress.best_step == 12
    kept = AudioClassifier.load(tmp_path, dtype="float32").model.state_dict()
    for key, value in kept.items():
        assert torch.equal(value, trainer.average.weights[f"model.{key}"]), key


def test_another_run_goes_on_from_before_the_rate_fell(dataset, tmp_path):
    recipe = tiny_recipe(decay="linear", decay_from=0.5)
    prepare(dataset, recipe, tmp_path / "first").trainer.run()
    trunk = torch.load(tmp_path / "first" / "trunk_state.pt", weights_only=True)
    assert trunk["progress"]["step"] == 6
    longer = tiny_recipe(steps=24, decay="linear", decay_from=0.5)
    trainer = prepare(dataset, longer, tmp_path / "second").trainer
    assert trainer.branch_from(tmp_path / "first") == 6
    assert trainer.progress.step == 0
    for key, value in trainer.network.state_dict().items():
        assert torch.equal(value, trunk["network"][key]), key
    assert trainer.branch_from(tmp_path / "first" / "training_state.pt") == 12  # its last step


def test_a_file_that_is_no_state_is_refused(dataset, tmp_path):
    (tmp_path / "state.pt").write_bytes(b"no state")
    trainer = prepare(dataset, tiny_recipe(), tmp_path / "second").trainer
    with pytest.raises(ValueError, match=r"state\.pt is no state of a run"):
        trainer.branch_from(tmp_path / "state.pt")


def test_a_run_without_a_trunk_says_when_it_is_written(dataset, tmp_path):
    trainer = prepare(dataset, tiny_recipe(), tmp_path / "second").trainer
    with pytest.raises(ValueError, match=r"has no trunk_state.pt: it is written when"):
        trainer.branch_from(tmp_path / "first")


def test_a_sound_behind_another_leaves_its_label_and_a_mixture_carries_both(dataset, tmp_path):
    recipe = tiny_recipe(background_share=1.0, degraded=1.0, room_share=0.5)
    source = prepare(dataset, recipe, tmp_path).trainer.source
    stages = (Stage(0.0, 48), Stage(0.0, 48, mixup=1.0))
    alone, together = (source.draw(0, stage, 48, 6) for stage in stages)
    assert alone.targets.sum(dim=1).tolist() == [1.0] * 6
    assert (alone.partners == -1).all()
    mixed = together.partners >= 0
    assert mixed.any()
    for row in mixed.nonzero().flatten().tolist():
        other = alone.targets[together.partners[row]]
        assert torch.equal(together.targets[row], torch.maximum(alone.targets[row], other))


def test_a_head_for_other_labels_is_refused_when_labels_must_stay(dataset, tmp_path):
    prepare(dataset, tiny_recipe(steps=1), tmp_path / "first").trainer.run()
    two = dataset.relabelled({"middle": None}, ("low", "high"))
    recipe = tiny_recipe(start=str(tmp_path / "first"), keep_labels=True)
    with pytest.raises(ValueError, match=r"has 3 labels .* the data has 2"):
        prepare(two, recipe, tmp_path / "second")


def test_unreadable_and_silent_files_are_left_out_with_a_warning(tmp_path):
    folder = write_classes(tmp_path / "sounds", clips=12)
    (folder / "low" / "broken.wav").write_bytes(b"this is no sound")
    sf.write(folder / "high" / "mute.wav", np.zeros(8000, np.float32), RATE)
    prepared = prepare(read_datasets([folder]), tiny_recipe(), tmp_path / "out")
    text = " ".join(prepared.warnings)
    assert "1 files cannot be read" in text
    assert "broken.wav" in text
    assert "1 files hold only silence and are left out: high/mute.wav" in text


def test_too_many_unreadable_files_stop_the_run(tmp_path):
    folder = write_classes(tmp_path / "sounds", clips=3)
    for file in (folder / "low").glob("*.wav"):
        file.write_bytes(b"this is no sound")
    with pytest.raises(DataError, match="3 of 9 files cannot be read"):
        prepare(read_datasets([folder]), tiny_recipe(), tmp_path / "out")


def test_the_command_leaves_a_checkpoint_and_the_curve_of_its_run(dataset, tmp_path, capsys):
    recipe = tmp_path / "short.json"
    recipe.write_text(json.dumps(tiny_recipe(steps=4, evaluate_every=2).to_dict()))
    data, out = str(dataset.clips[0].file.parent.parent), tmp_path / "out"
    command = ["train", "--data", data, "--recipe", str(recipe), "--out", str(out), "--device"]
    assert main([*command, "cpu"]) == 0
    assert "best at step" in capsys.readouterr().out
    table = (out / "history.csv").read_text("utf-8-sig")
    steps = [line.split(",")[0] for line in table.splitlines()]
    assert steps == ["step", "2", "4"]
    assert (out / "learning.png").is_file()
    assert AudioClassifier.load(out).labels == ["high", "low", "middle"]


def test_evaluate_prints_what_it_writes(dataset, tmp_path, capsys):
    prepare(dataset, tiny_recipe(steps=6), tmp_path / "model").trainer.run()
    data = str(dataset.clips[0].file.parent.parent)
    command = ["evaluate", str(tmp_path / "model"), "--data", data, "-o", str(tmp_path / "report")]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "3 clips, 3 labels: top-1" in printed
    names = {file.name for file in (tmp_path / "report").iterdir()}
    assert names == {
        "evaluation.json",
        "per_class.csv",
        "clips.csv",
        "confusion.png",
        "reliability.png",
    }


def test_evaluate_refuses_labels_the_model_does_not_know(dataset, tmp_path, capsys):
    prepare(dataset, tiny_recipe(steps=1), tmp_path / "model").trainer.run()
    write_classes(tmp_path / "other")
    (tmp_path / "other" / "low").rename(tmp_path / "other" / "rumble")
    code = main(["evaluate", str(tmp_path / "model"), "--data", str(tmp_path / "other")])
    assert code == 2
    assert "1 labels that the model does not know (rumble)" in capsys.readouterr().err


def test_half_precision_steps_are_those_of_float32_within_rounding(dataset, tmp_path):
    losses = {}
    for precision in ("float32", "bfloat16"):
        trainer = prepare(dataset, tiny_recipe(precision=precision), tmp_path / precision).trainer
        trainer.run()
        losses[precision] = [row["loss"] for row in trainer.progress.history]
        assert all(value.dtype == torch.float32 for value in trainer.average.weights.values())
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.05)
    assert losses["bfloat16"] != losses["float32"]


def test_words_are_stretched_and_placed_and_a_class_is_measured_in_part(dataset, tmp_path):
    recipe = tiny_recipe(place=1.0, stretch=0.2, measured=1, steps=6, spec_time=0, spec_freq=0)
    trainer = prepare(dataset, recipe, tmp_path).trainer
    assert trainer.validation.targets.sum(axis=0).tolist() == [1, 1, 1]
    batch = trainer.source.draw(0, recipe.stages[1], 64, 6)
    assert not (batch.log_mel == 0).all(dim=2).any()  # surroundings instead of padding
    trainer.run()


def test_data_sets_of_one_class_are_put_together(tmp_path):
    folder = write_classes(tmp_path / "all")
    for name in ("low", "high"):
        (tmp_path / name).mkdir()
        (folder / name).rename(tmp_path / name / name)
    both = read_datasets([tmp_path / "low", tmp_path / "high"])
    assert both.labels == ("high", "low")
    with pytest.raises(DataError, match="the one label 'low', expected at least two"):
        read_datasets([tmp_path / "low"])


def test_a_device_that_is_not_there_is_named(dataset, tmp_path):
    with pytest.raises(ValueError, match=r"device is 'cuda:9', which this machine does not have"):
        prepare(dataset, tiny_recipe(), tmp_path, device="cuda:9")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_run_on_a_gpu_is_killed_resumed_and_learns(dataset, tmp_path):
    recipe = tiny_recipe(steps=60, evaluate_every=30, batch=12, learning_rate=3e-3)
    with pytest.raises(KilledError):
        prepare(dataset, recipe, tmp_path, device="cuda").trainer.run(kill_at(31))
    trainer = prepare(dataset, recipe, tmp_path, device="cuda").trainer
    assert trainer.run().history[-1]["top1"] == 1.0
