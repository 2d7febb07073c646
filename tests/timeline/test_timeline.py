"""Timelines: equal to scoring each window alone, true edges, events, exports, broken files."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from ast_demo.audio.load import Audio, AudioError
from ast_demo.audio.resampling import resample
from ast_demo.benchmark.timeline import window_starts
from ast_demo.classifier import AudioClassifier
from ast_demo.features.extractor import samples_for
from ast_demo.timeline.events import find_events, find_runs, locate
from ast_demo.timeline.sliding_window import compute_timeline, timeline_steps
from ast_demo.timeline.timeline import Timeline
from tests.helpers.listening_model import LISTENER, save_keyword_listener, scene
from tests.helpers.models import hearing_classifier

LABELS = ["Dog", "Rain, heavy", "Speech"]
WINDOW = samples_for(64)  # 10480 samples, 0.655 s
HOP = 0.32  # seconds, half of 64 frames
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def tiny() -> AudioClassifier:
    """Make a classifier whose scores differ from window to window."""
    return hearing_classifier(
        LABELS,
        std=0.3,
        num_attention_heads=4,
        intermediate_size=48,
        max_length=64,
        num_mel_bins=48,
    )


def changing_sound(seconds: float, sampling_rate: int = 16000) -> np.ndarray:
    """Make noise and tones that change every 0.2 s."""
    rng = np.random.default_rng(5)
    pieces = []
    while sum(map(len, pieces)) < seconds * sampling_rate:
        time = np.arange(sampling_rate // 5) / sampling_rate
        tone = 0.2 * np.sin(2 * np.pi * rng.uniform(100, 6000) * time)
        pieces.append(tone + rng.normal(0, rng.uniform(0.001, 0.2), len(time)))
    return np.concatenate(pieces)[: round(seconds * sampling_rate)].astype(np.float32)


def table(scores: dict[str, list[float]], hop: float = 2.56, window: float = 5.12) -> Timeline:
    """Build a timeline of made-up scores."""
    columns = np.array(list(scores.values()), dtype=np.float32).T
    starts = np.arange(len(columns)) * hop
    return Timeline(
        labels=list(scores),
        windows=np.stack([starts, starts + window], axis=1),
        scores=columns,
        levels=np.full(len(columns), -20, np.float32),
        inner_levels=np.full(len(columns), -20, np.float32),
        rule="sigmoid",
        seconds=float(starts[-1] + window),
        window_seconds=window,
        hop_seconds=hop,
    )


# Equal to scoring every window from scratch


@pytest.mark.parametrize("hop_seconds", [None, 0.05, 0.9])
def test_every_window_scores_as_if_it_were_classified_alone(tiny, hop_seconds):
    waveform = changing_sound(25.3)
    timeline = tiny.timeline(waveform, hop_seconds=hop_seconds)
    hop = round((hop_seconds or HOP) * 16000)
    for number in range(0, len(timeline.windows), 7):
        alone = tiny.classify(waveform[number * hop : number * hop + WINDOW]).scores
        got = dict(zip(timeline.labels, timeline.scores[number]))
        assert got == pytest.approx(alone, abs=TOLERANCE), number
    spread = timeline.scores.max(axis=0) - timeline.scores.min(axis=0)
    assert spread.max() > 0.05, "the windows' scores do not differ: the test would see nothing"


@pytest.mark.parametrize("sampling_rate", [16000, 44100])
def test_a_file_scores_as_its_waveform_does(tiny, tmp_path, sampling_rate):
    path = tmp_path / "sound.wav"
    waveform = changing_sound(23.0, sampling_rate)
    soundfile.write(path, waveform, sampling_rate, subtype="FLOAT")
    from_file = tiny.timeline(path)
    whole = tiny.timeline(resample(waveform, sampling_rate))
    in_blocks = tiny.timeline(waveform, sampling_rate)
    assert np.array_equal(from_file.windows, whole.windows)
    assert np.abs(from_file.scores - whole.scores).max() < TOLERANCE
    assert np.abs(in_blocks.scores - whole.scores).max() < TOLERANCE


def test_stereo_integers_score_as_their_mono_floats_do(tiny):
    mono = np.round(changing_sound(3.0) * 10000).astype(np.int16)
    stereo = tiny.timeline(np.stack([mono, mono], axis=1))
    assert np.abs(stereo.scores - tiny.timeline(mono / np.float32(32768)).scores).max() < TOLERANCE
    assert "2 channels averaged to mono" in stereo.notes


def test_batches_of_any_size_give_the_same_scores(tiny):
    waveform = changing_sound(8.0)
    one, five = (compute_timeline(tiny, waveform, batch_size=size) for size in (1, 5))
    assert np.array_equal(one.windows, five.windows)
    assert np.abs(one.scores - five.scores).max() < TOLERANCE


@pytest.mark.parametrize("samples", [900, WINDOW, WINDOW + 1600, WINDOW + 5120, 48_000])
def test_the_benchmark_compares_with_the_same_windows(tiny, samples):
    windows = tiny.timeline(changing_sound(3.0)[:samples], hop_seconds=HOP).windows
    starts = window_starts(samples, WINDOW, round(HOP * 16000))
    assert [start / 16000 for start in starts] == pytest.approx(windows[:, 0].tolist())


# Windows with true edges


def test_windows_begin_every_hop_and_end_where_their_sound_ends(tiny):
    timeline = tiny.timeline(changing_sound(2.0))
    starts, ends = timeline.windows.T
    assert starts == pytest.approx(np.arange(len(starts)) * HOP)
    assert ends[:-1] == pytest.approx(starts[:-1] + WINDOW / 16000)
    assert ends[-1] == pytest.approx(1.995)  # the last whole frame: 198 frames, 1.985 + 0.010
    assert list(timeline.padded) == [False] * (len(starts) - 1) + [True]


def test_padding_of_the_last_window_is_told_with_its_seconds(tiny):
    (note,) = tiny.timeline(changing_sound(2.0)).notes
    told = re.fullmatch(r"the last window holds (.*) s of sound and is padded to (.*) s", note)
    assert [float(number) for number in told.groups()] == pytest.approx([0.395, 0.655], abs=0.0051)


def test_a_sound_of_exactly_one_window_has_one_and_no_note(tiny):
    timeline = tiny.timeline(changing_sound(1.0)[:WINDOW])
    assert len(timeline.windows) == 1
    assert timeline.notes == ()


def test_a_short_sound_is_one_padded_window(tiny):
    timeline = tiny.timeline(changing_sound(0.3))
    assert timeline.marks() == ["padded"]
    assert len(timeline.scores) == 1


def test_a_hop_beyond_the_window_says_that_sound_was_not_heard(tiny):
    notes = tiny.timeline(changing_sound(4.0), hop_seconds=1.5).notes
    assert any("hop of 1.5 s is longer than the window of 0.66 s" in note for note in notes)


def test_silent_windows_are_marked_and_hold_no_event(tiny):
    waveform = changing_sound(4.0)
    waveform[20000:50000] = 0
    timeline = tiny.timeline(waveform)
    timeline.scores[:] = 0.9
    silent = timeline.silent
    assert silent.any()
    assert not silent.all()
    for event in timeline.events():
        assert not silent[event.first_window : event.last_window + 1].any()


@pytest.mark.parametrize("hop", [0, -1, 0.001, "soon", float("nan"), True])
def test_a_hop_that_makes_no_sense_is_refused_with_its_value(tiny, hop):
    with pytest.raises(ValueError, match=f"hop_seconds is {hop!r}"):
        tiny.timeline(changing_sound(1.0), hop_seconds=hop)


# Broken sounds


def test_stretches_without_numbers_are_marked_and_the_rest_is_scored_as_ever(tiny):
    waveform = changing_sound(30.0)
    whole = tiny.timeline(waveform)
    broken = waveform.copy()
    broken[160000 : 160000 + 8000] = np.nan  # from 10.0 to 10.5 s
    timeline = tiny.timeline(broken)
    assert timeline.gaps == ((pytest.approx(10.0), pytest.approx(10.5)),)
    touched = (timeline.windows[:, 0] < 10.5) & (timeline.windows[:, 1] > 10.0)
    assert np.array_equal(timeline.broken, touched)
    assert np.isfinite(timeline.scores).all()
    assert np.abs(timeline.scores - whole.scores)[~touched].max() < TOLERANCE
    assert any("0.50 s hold no numbers" in note and "10.00 s" in note for note in timeline.notes)


def test_stretches_without_numbers_in_a_file_are_marked_too(tiny, tmp_path):
    waveform = changing_sound(24.0, 48000)
    waveform[48000 * 12 : 48000 * 13] = np.inf
    soundfile.write(tmp_path / "broken.wav", waveform, 48000, subtype="FLOAT")
    timeline = tiny.timeline(tmp_path / "broken.wav")
    assert timeline.gaps == ((pytest.approx(12.0), pytest.approx(13.0)),)


def test_a_file_with_a_hole_gives_all_windows_but_those_that_reach_into_it(tiny, tmp_path):
    path = tmp_path / "damaged.flac"
    soundfile.write(path, changing_sound(20.0), 16000)
    whole = tiny.timeline(path)
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half : half + 60000] = np.random.default_rng(0).bytes(60000)
    path.write_bytes(data)
    timeline = tiny.timeline(path)
    ((start, end),) = timeline.gaps
    assert 1 < end - start < 4
    assert len(timeline.windows) == len(whole.windows)
    outside = (timeline.windows[:, 1] < start - 1) | (timeline.windows[:, 0] > end + 1)
    assert outside.sum() > 10
    assert np.abs(timeline.scores - whole.scores)[outside].max() < TOLERANCE


def test_a_file_that_breaks_in_the_middle_gives_the_windows_before_and_says_where(tiny, tmp_path):
    path = tmp_path / "damaged.flac"
    waveform = changing_sound(20.0)
    soundfile.write(path, waveform, 16000)
    whole = tiny.timeline(path)
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half:] = np.random.default_rng(0).bytes(60000)
    path.write_bytes(data)
    timeline = tiny.timeline(path)
    told = [note for note in timeline.notes if "damaged after" in note]
    assert len(told) == 1, timeline.notes
    assert 5 < timeline.seconds < 12
    before = timeline.windows[:, 1] < timeline.seconds - 1
    assert before.sum() > 5
    assert np.abs(timeline.scores - whole.scores[: len(timeline.scores)])[before].max() < TOLERANCE


def test_values_that_turn_into_garbage_end_the_timeline_with_the_place(tiny, tmp_path):
    waveform = changing_sound(25.0)
    waveform[16000 * 22 :] = 1e6
    soundfile.write(tmp_path / "garbage.wav", waveform, 16000, subtype="FLOAT")
    timeline = tiny.timeline(tmp_path / "garbage.wav")
    assert timeline.seconds == pytest.approx(20.0)
    assert any("reading stopped after 20.00 s" in note for note in timeline.notes)


def test_a_file_with_nothing_to_read_is_an_error(tiny, tmp_path):
    path = tmp_path / "text.wav"
    path.write_text("this is no sound")
    with pytest.raises(AudioError, match=r"text\.wav"):
        tiny.timeline(path)


def test_an_audio_brings_its_rate_and_notes(tiny):
    sound = Audio(changing_sound(2.0, 8000), 8000, ("2 channels averaged to mono",))
    timeline = tiny.timeline(sound)
    assert timeline.notes[0] == "2 channels averaged to mono"
    assert timeline.seconds == pytest.approx(2.0)


# Progress and cancelling


def test_progress_grows_to_the_length_of_the_file(tiny, tmp_path):
    soundfile.write(tmp_path / "long.wav", changing_sound(45.0), 16000)
    told = []
    tiny.timeline(tmp_path / "long.wav", progress=lambda done, total: told.append((done, total)))
    done = [seconds for seconds, _ in told]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(45.0)
    assert len(set(done)) > 4
    assert {total for _, total in told} == {45.0}


def test_an_exception_from_progress_stops_the_work_and_closes_the_file(tiny, tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    soundfile.write(path, changing_sound(60.0), 16000)
    runs = []
    original = tiny.model.forward
    monkeypatch.setattr(tiny.model, "forward", lambda *a, **k: runs.append(1) or original(*a, **k))

    class StoppedError(Exception):
        pass

    def stop(done, total):
        if done >= 20:
            raise StoppedError

    with pytest.raises(StoppedError):
        tiny.timeline(path, progress=stop)
    done = len(runs)
    tiny.timeline(path)
    assert done < (len(runs) - done) / 2


def test_closing_the_steps_cancels(tiny):
    steps = timeline_steps(tiny, changing_sound(60.0))
    next(steps)
    step = next(steps)
    assert 0 < step.seconds < step.total
    assert 0 < len(step.timeline().windows) == len(step.timeline().scores)
    steps.close()
    assert next(steps, "ended") == "ended"


def test_a_long_hop_gives_a_step_for_each_block_so_that_others_get_turns(tiny):
    steps = list(timeline_steps(tiny, changing_sound(60.0), hop_seconds=1000.0))
    between = np.diff([step.seconds for step in steps])
    assert between.max() <= 10.1  # one block and what the front end held back


def test_progress_reaches_the_total_where_the_values_of_a_file_are_bounded(tiny, tmp_path):
    path = tmp_path / "stereo.flac"
    soundfile.write(path, np.tile(changing_sound(40.0, 8000)[:, None], 2), 8000)
    *_, before, last = timeline_steps(tiny, path, max_seconds=100, max_values=25 * 16_000)
    assert before.total == last.total == last.seconds == 25.0
    note = "cut after 25 s, the file goes on: no more than 400 000 values are decoded"
    assert any(n.startswith(note) for n in last.timeline().notes), last.timeline().notes


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_the_file(tmp_path):
    """A process that reads 20 minutes needs no more memory than one that reads one minute."""
    script = f"""
import resource, sys
sys.path.insert(0, {str(sys.path[0])!r})
import numpy as np, soundfile, torch
torch.set_num_threads(1)
from ast_demo.classifier import AudioClassifier
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification
minutes, path = float(sys.argv[1]), sys.argv[2]
noise = np.random.default_rng(0).normal(0, 0.1, 16000 * 60).astype(np.float32)
with soundfile.SoundFile(path, "w", 16000, 1) as file:
    for _ in range(int(minutes)):
        file.write(noise)
config = ASTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                   intermediate_size=48, max_length=64, num_mel_bins=48)
classifier = AudioClassifier(ASTForAudioClassification(config),
                             ASTFeatureExtractor(max_length=64, num_mel_bins=48))
timeline = classifier.timeline(path, hop_seconds=1.0)
print(len(timeline.windows), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = {}
    for minutes in (1, 20):
        command = [sys.executable, "-c", script, str(minutes), str(tmp_path / "long.flac")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        windows, kilobytes = map(int, done.stdout.split())
        assert windows >= 60 * minutes - 1
        peaks[minutes] = kilobytes / 1024
    assert peaks[20] < peaks[1] + 20, peaks  # the 19 minutes more hold 73 MB of float32


# Events


def test_hysteresis_bridges_a_dip_but_needs_one_score_above_the_upper_threshold():
    scores = np.array([0.1, 0.4, 0.8, 0.4, 0.7, 0.1, 0.4, 0.4, 0.1, 0.6])
    assert list(find_runs(scores, on=0.5, off=0.3)) == [(1, 4), (9, 9)]
    assert list(find_runs(scores, on=0.5, off=0.5)) == [(2, 2), (4, 4), (9, 9)]


def test_a_short_sound_is_placed_where_the_windows_that_heard_it_overlap():
    timeline = table({"Dog": [0, 0, 0.9, 0.8, 0, 0]})
    (event,) = timeline.events()
    assert (event.start, event.end) == (pytest.approx(7.68), pytest.approx(10.24))
    assert event.peak == pytest.approx(0.9)
    assert (event.first_window, event.last_window, event.peak_window) == (2, 3, 2)


@pytest.mark.parametrize("hop", [0.25, 0.5, 1.28, 2.56])
@pytest.mark.parametrize(("begin", "end"), [(11.3, 11.6), (7.0, 19.5), (0.0, 3.0), (25.0, 30.0)])
def test_events_lie_within_a_hop_of_the_sound_for_a_model_that_hears_all(hop, begin, end):
    window, length = 5.12, 30.0
    starts = np.arange(0, length - window + hop / 2, hop)
    windows = np.stack([starts, starts + window], axis=1)
    heard = (windows[:, 0] < end) & (windows[:, 1] > begin)
    (event,) = find_events(windows, heard[:, None] * 1.0, ["Dog"])
    slack = hop + 1e-6
    last = min(end, windows[-1, 1])
    assert begin - slack <= event.start <= begin + slack
    assert last - slack <= event.end <= last + slack


def test_a_faint_sound_heard_by_the_inner_windows_alone_keeps_its_place():
    starts = np.arange(0, 25, 0.5)
    windows = np.stack([starts, starts + 5.12], axis=1)
    middles = windows.mean(axis=1)
    heard = abs(middles - 12.0) < 1.2  # only windows with the sound well inside
    start, end = locate(windows, *next(find_runs(heard * 1.0, 0.5, 0.3)))
    assert abs((start + end) / 2 - 12.0) < 0.5
    assert end - start == pytest.approx(0.5)


def test_events_of_several_labels_come_in_order_of_time():
    timeline = table({"Dog": [0, 0, 0, 0.9, 0], "Rain": [0.7, 0.7, 0.6, 0.1, 0.8]})
    assert [event.label for event in timeline.events()] == ["Rain", "Dog", "Rain"]


@pytest.mark.parametrize(("on", "off"), [(0.0, None), (1.5, None), (0.4, 0.6), (0.5, 0.0)])
def test_thresholds_in_the_wrong_order_are_refused(on, off):
    with pytest.raises(ValueError, match="0 < end <= beginning <= 1"):
        table({"Dog": [0.5]}).events(on, off)


def test_a_word_cut_by_the_edge_of_its_window_is_no_event_of_its_own(tmp_path):
    listener = AudioClassifier.load(save_keyword_listener(tmp_path), "cpu", "float32")
    timeline = listener.timeline(scene([(3.0, 3.3, "Low tone")], 7.0), hop_seconds=0.16)
    length, heard = timeline.window_seconds, 0.15  # from each edge of the word
    for (start, _), edge in zip(timeline.windows, timeline.edge):
        cut = start + length * 3 / 4 < 3.0 < start + length - heard
        left = start + heard < 3.3 < start + length / 4
        whole = start + length / 4 < 3.0 and start + length * 3 / 4 > 3.3
        assert edge or not (cut or left), start
        assert not (edge and whole), start
    words = [event for event in timeline.events() if event.label != "silence"]
    assert [event.label for event in words] == ["Low tone"]
    assert "edge" in timeline.marks()
    timeline.rule = "sigmoid"  # labels that overlap may each be heard in part
    assert not timeline.edge.any()


def test_known_sounds_are_found_at_their_times():
    sounds = [(2.0, 3.0, "Low tone"), (6.0, 7.5, "High tone"), (11.0, 14.0, "Hiss")]
    listener = AudioClassifier.load(LISTENER, device="cpu", dtype="float32")
    timeline = listener.timeline(scene(sounds, 18.0), hop_seconds=0.16)
    found = timeline.events()
    assert [event.label for event in found] == [label for _, _, label in sounds]
    for event, (start, end, label) in zip(found, sounds):
        assert event.start == pytest.approx(start, abs=0.25), label
        assert event.end == pytest.approx(end, abs=0.25), label


# Exports


def test_csv_holds_every_window_and_survives_commas_in_labels(tiny):
    timeline = tiny.timeline(changing_sound(2.0))
    rows = list(csv.DictReader(io.StringIO(timeline.to_csv())))
    assert len(rows) == len(timeline.windows)
    assert list(rows[0])[4:] == LABELS
    for row, window, scores in zip(rows, timeline.windows, timeline.scores):
        assert float(row["start_seconds"]) == pytest.approx(window[0], abs=1e-3)
        assert float(row["end_seconds"]) == pytest.approx(window[1], abs=1e-3)
        assert [float(row[label]) for label in LABELS] == pytest.approx(scores.tolist(), abs=1e-5)
    assert rows[-1]["marks"] == "padded"


def test_json_holds_windows_scores_events_and_notes(tiny):
    timeline = tiny.timeline(changing_sound(2.0))
    timeline.scores[1:3, 0] = 0.95
    read = json.loads(timeline.to_json(on=0.9))
    assert read["scores"] == [pytest.approx(row, abs=1e-5) for row in timeline.scores.tolist()]
    assert read["windows"] == [pytest.approx(row, abs=1e-3) for row in timeline.windows.tolist()]
    assert read["notes"] == list(timeline.notes)
    dogs = [event for event in read["events"] if event["label"] == "Dog"]
    assert dogs[0]["peak"] == pytest.approx(0.95)


def test_label_track_has_start_end_and_label_separated_by_tabs():
    timeline = table({"Dog\n\tbark": [0, 0, 0.9, 0.8, 0, 0]})
    assert timeline.to_audacity() == "7.680000\t10.240000\tDog bark 0.90\n"
