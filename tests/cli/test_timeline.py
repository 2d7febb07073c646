"""The command `timeline`: listings, files, folders, skipping, resuming, processes."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from ast_demo.classifier import AudioClassifier
from ast_demo.cli import timeline_jobs
from ast_demo.cli.listing import clock
from ast_demo.cli.timeline import add_parser
from tests.helpers.models import hearing_classifier, save_checkpoint


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    """Save a tiny checkpoint whose first label always scores near 1."""
    folder = tmp_path_factory.mktemp("model")
    classifier = hearing_classifier(
        ["Hum", "Rain"],
        num_hidden_layers=1,
        intermediate_size=48,
        max_length=64,
        num_mel_bins=48,
        initializer_range=0.02,
    )
    with torch.no_grad():
        classifier.model.classifier.dense.bias.copy_(torch.tensor([5.0, -5.0]))
    return str(save_checkpoint(classifier, folder))


@pytest.fixture
def sounds(tmp_path):
    """Make a folder with two sounds, one of them deeper, a text called .wav and a page."""
    folder = tmp_path / "sounds"
    (folder / "deep").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, seconds in (("one.wav", 2.0), ("deep/two.flac", 3.0)):
        soundfile.write(folder / name, rng.normal(0, 0.1, round(seconds * 16000)), 16000)
    (folder / "broken.wav").write_text("no sound at all")
    (folder / "page.html").write_text("<p>no sound and no sound's name</p>")
    return folder


def timeline(*words) -> int:
    """Run the command as the command line would."""
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    options = parser.parse_args(["timeline", *map(str, words)])
    return options.run(options)


def test_a_recording_is_listed_with_its_events(model, sounds, capsys):
    assert timeline(sounds / "one.wav", "--model", model) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "one.wav  0:02.0, 6 windows of 0.66 s every 0.32 s"
    assert lines[1].split()[:3] == ["0:00.0", "-", "0:02.0"]
    assert lines[1].endswith("Hum")


def test_one_format_of_one_recording_goes_to_standard_output(model, sounds, capsys):
    assert timeline(sounds / "one.wav", "--model", model, "--csv") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "start_seconds,end_seconds,level_db,marks,Hum,Rain"
    assert len(lines) == 7


def test_folders_are_searched_and_unreadable_files_skipped_and_reported(model, sounds, capsys):
    output = sounds.parent / "out"
    assert timeline(sounds, "--model", model, "--csv", "--audacity", "-o", output) == 1
    made = sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file())
    assert made == [
        "deep/two.flac.csv",
        "deep/two.flac.txt",
        "one.wav.csv",
        "one.wav.txt",
        "timeline-settings.json",
    ]
    told = capsys.readouterr().err
    assert "broken.wav skipped: broken.wav can't be read as audio" in told
    assert "1 of 3 recordings were skipped" in told


def test_finished_recordings_are_not_computed_again(model, sounds, capsys, monkeypatch):
    output = sounds.parent / "out"
    words = (sounds, "--model", model, "--csv", "-o", output)
    timeline(*words)
    (output / "deep" / "two.flac.csv").unlink()
    computed = []
    original = timeline_jobs.make_timeline
    monkeypatch.setattr(
        timeline_jobs,
        "make_timeline",
        lambda classifier, task, *rest: (
            computed.append(task.sound.name) or original(classifier, task, *rest)
        ),
    )
    timeline(*words)
    assert sorted(computed) == ["broken.wav", "two.flac"]
    assert "1 of 3 recordings are finished already" in capsys.readouterr().err


def test_a_recording_that_changed_is_computed_again(model, sounds, capsys):
    output = sounds.parent / "out"
    words = (sounds / "one.wav", "--model", model, "--csv", "-o", output)
    timeline(*words)
    later = (output / "one.wav.csv").stat().st_mtime + 10
    os.utime(sounds / "one.wav", (later, later))
    capsys.readouterr()
    timeline(*words)
    assert "finished already" not in capsys.readouterr().err


def test_other_settings_do_not_mix_with_what_a_folder_holds(model, sounds):
    output = sounds.parent / "out"
    timeline(sounds / "one.wav", "--model", model, "--csv", "-o", output)
    with pytest.raises(ValueError, match=r"made with hop_seconds None, now it is 0\.1"):
        timeline(sounds / "one.wav", "--model", model, "--csv", "-o", output, "--hop", 0.1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--model", "evryday-sounds"], "there is no checkpoint 'evryday-sounds'"),
        (["--hop", "0.001"], r"hop_seconds is 0\.001"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_request_that_failed_can_be_corrected(model, sounds, wrong, said, jobs):
    words = (sounds, "--csv", "-o", sounds.parent / "out", "--model", model, "--jobs", jobs)
    with pytest.raises(ValueError, match=said):
        timeline(*words, *wrong)
    assert timeline(*words) == 1  # for the broken one alone


def test_a_folder_is_bound_to_its_settings_by_the_first_output(model, sounds):
    output = sounds.parent / "out"
    words = ("--model", model, "--csv", "-o", output)
    assert timeline(sounds / "broken.wav", *words) == 1
    assert list(output.iterdir()) == []
    assert timeline(sounds / "one.wav", *words) == 0
    assert (output / "timeline-settings.json").is_file()


def test_a_damaged_list_of_settings_is_written_anew(model, sounds):
    output = sounds.parent / "out"
    output.mkdir()
    (output / "timeline-settings.json").write_text("[]")
    assert timeline(sounds / "one.wav", "--model", model, "--csv", "-o", output) == 0
    assert json.loads((output / "timeline-settings.json").read_text())["model"] == model


def test_an_output_folder_that_cannot_be_written_is_told_before_the_work(
    model, sounds, monkeypatch
):
    monkeypatch.setattr(timeline_jobs, "make_timeline", lambda *rest: pytest.fail("it began"))
    taken = sounds.parent / "taken"
    taken.write_text("a file where the folder would have to be")
    with pytest.raises(OSError, match="taken"):
        timeline(sounds / "one.wav", "--model", model, "--csv", "-o", taken)


def train_again(folder: Path) -> None:
    """Replace the weights of a checkpoint, as a second training into the same folder does."""
    classifier = AudioClassifier.load(folder, device="cpu", dtype="float32")
    with torch.no_grad():
        classifier.model.classifier.dense.bias.neg_()
    save_checkpoint(classifier, folder)


@pytest.fixture
def own_model(model, tmp_path) -> Path:
    """Copy the tiny checkpoint to where a test may train it again."""
    return Path(shutil.copytree(model, tmp_path / "my-model"))


def test_other_weights_under_the_same_name_are_refused(own_model, sounds):
    output = sounds.parent / "out"
    words = (sounds / "one.wav", "--model", own_model, "--csv", "-o", output)
    timeline(*words)
    made = (output / "one.wav.csv").read_bytes()
    train_again(own_model)
    with pytest.raises(ValueError, match=r"other weights of .*my-model.* delete .* again") as error:
        timeline(*words)
    assert str(error.value).count(". ") == 0, "more than one sentence"
    shutil.rmtree(output)  # the way out that the sentence names
    assert timeline(*words) == 0
    assert (output / "one.wav.csv").read_bytes() != made


def test_weights_that_change_while_a_command_works_do_not_mix(own_model, sounds, monkeypatch):
    output = sounds.parent / "out"
    words = (sounds, "--model", own_model, "--csv", "-o", output)
    original = timeline_jobs.make_timeline

    def overtaken(classifier, task, *rest):
        monkeypatch.setattr(timeline_jobs, "make_timeline", original)
        train_again(own_model)
        timeline(*words)  # a second command into the same folder is done first
        return original(classifier, task, *rest)

    monkeypatch.setattr(timeline_jobs, "make_timeline", overtaken)
    with pytest.raises(ValueError, match="other weights"):
        timeline(*words)


def test_a_folder_of_an_earlier_version_goes_on_with_any_weights(own_model, sounds, capsys):
    output = sounds.parent / "out"
    words = (sounds / "one.wav", "--model", own_model, "--csv", "-o", output)
    timeline(*words)
    settings = output / "timeline-settings.json"
    kept = json.loads(settings.read_text())
    kept.pop("weights_sha256", None)  # which earlier versions did not write
    settings.write_text(json.dumps(kept))
    train_again(own_model)
    assert timeline(*words) == 0
    assert "1 of 1 recordings are finished already" in capsys.readouterr().err
    assert json.loads(settings.read_text()) == kept


def test_half_a_file_is_never_taken_for_finished(model, sounds, monkeypatch, capsys):
    output = sounds.parent / "out"
    words = (sounds / "one.wav", "--model", model, "--csv", "--json", "-o", output)

    def interrupted(path, text, **options):
        path.write_bytes(text[: len(text) // 2].encode())
        if '"windows"' in text:  # the JSON file, after the whole CSV file
            raise KeyboardInterrupt
        path.write_bytes(text.encode())

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", interrupted)
        with pytest.raises(KeyboardInterrupt):
            timeline(*words)
    made = sorted(path.name for path in output.iterdir())
    assert made == ["one.wav.csv", "timeline-settings.json"]
    assert timeline(*words) == 0
    assert "finished already" not in capsys.readouterr().err
    assert json.loads((output / "one.wav.json").read_text())["windows"]


def test_processes_write_what_one_process_writes(model, sounds):
    one, two = sounds.parent / "one", sounds.parent / "two"
    assert timeline(sounds, "--model", model, "--json", "-o", one) == 1
    assert timeline(sounds, "--model", model, "--json", "-o", two, "--jobs", 2) == 1
    for name in ("one.wav.json", "deep/two.flac.json"):
        first, second = (json.loads((folder / name).read_text()) for folder in (one, two))
        assert first.pop("scores") == [pytest.approx(row, abs=1e-4) for row in second.pop("scores")]
        assert first["windows"] == second["windows"]


def test_a_request_that_suits_no_recording_fails_at_once_with_the_reason(model, sounds):
    words = (sounds, "--model", model, "--hop", 0.001)
    with pytest.raises(ValueError, match=r"hop_seconds is 0\.001"):
        timeline(*words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--csv"], "several outputs cannot go to one stream"),
        (["-o", "out"], "-o needs a format"),
        (["--jobs", "0"], "--jobs is 0"),
        (["--threshold", "1.5"], "--threshold is 1.5"),
    ],
)
def test_requests_that_make_no_sense_say_what_to_change(sounds, words, said):
    with pytest.raises(ValueError, match=said):
        timeline(sounds, *words)


def test_two_recordings_of_one_name_are_not_written_over_each_other(sounds):
    soundfile.write(sounds / "deep" / "one.wav", np.zeros(16000), 16000)
    words = (sounds / "one.wav", sounds / "deep" / "one.wav", "--csv", "-o", sounds.parent / "out")
    with pytest.raises(ValueError, match="would both be written to"):
        timeline(*words)


def test_a_folder_without_sounds_is_named(tmp_path):
    with pytest.raises(ValueError, match="holds no sound file"):
        timeline(tmp_path)


def test_times_are_written_as_clocks():
    assert [clock(s) for s in (0, 7.68, 59.96, 3727.7)] == [
        "0:00.0",
        "0:07.7",
        "1:00.0",
        "1:02:07.7",
    ]
