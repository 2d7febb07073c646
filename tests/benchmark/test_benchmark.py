"""The benchmark: what a line says, that both sides answer the same, and that it runs."""

import argparse
import json
import time

import pytest
import torch
import transformers

from ast_demo import benchmark
from ast_demo.benchmark import (
    cpu,
    dtypes,
    gpu,
    memory,
    page,
    reference,
    report,
    scaling,
)
from ast_demo.benchmark.report import Line, Settings, format_table, interleaved
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.explain.attention_maps import rollout
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.quantization import multiplies_exactly
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.data.clips import Clip
from tests.helpers.models import hearing_classifier, save_checkpoint

TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "num_labels": 5,
}


@pytest.fixture
def tiny(monkeypatch):
    """Let the benchmark make a tiny model in place of the one with 87 M parameters."""

    def make(folder, seed=0):
        torch.manual_seed(seed)
        model = ASTForAudioClassification(ASTConfig(**TINY))
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.2)
        model.save_pretrained(folder)
        ASTFeatureExtractor().save_pretrained(folder)

    monkeypatch.setattr(report, "make_checkpoint", make)
    return make


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    benchmark.add_arguments(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize(
    ("ours", "reference_value", "target", "met"),
    [
        (90.0, 100.0, 0.93, True),
        (94.0, 100.0, 0.93, False),
        (249.0, None, 250, True),
        (251.0, None, 250, False),
        (251.0, None, None, None),
        (None, None, 250, None),
    ],
)
def test_a_target_bounds_the_ratio_or_without_a_reference_the_figure(
    ours, reference_value, target, met
):
    assert Line("labels", "ms", ours, reference_value, target).met is met


def test_the_table_shows_both_figures_ratio_target_and_verdict():
    text = format_table([Line("labels", "ms", 93.2, 100.4, 0.93), Line("start", "s", 4.321)])
    header, _, first, second = text.splitlines()
    assert [cell.strip() for cell in header.split("|")][2:6] == [
        "ours",
        "transformers, or as named",
        "ratio",
        "target",
    ]
    assert [cell.strip() for cell in first.split("|")][1:-1] == [
        "labels",
        "93.2 ms",
        "100 ms",
        "0.93",
        "<= 0.93",
        "met",
    ]
    assert [cell.strip() for cell in second.split("|")][1:-1] == ["start", "4.32 s", "", "", "", ""]
    assert len({len(line) for line in text.splitlines()}) == 1, "columns do not line up"


def test_what_this_machine_cannot_run_stands_in_the_table_with_its_target_and_reason():
    listed = list(gpu.without_device())
    assert {line.target for line in listed} == {0.3, 1.3, 1.5, 2.0, 3.0}
    for line in listed:
        bound = f"<= {line.target:g}" + (" ms" if line.unit else "")
        assert line.to_dict()["ours"] is None
        assert line.cells()[1:] == ("", "", "", bound, "no CUDA device")


def test_a_machine_without_a_gpu_measures_nothing_on_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert list(gpu.measure(None)) == list(gpu.without_device())


def test_the_lines_of_a_gpu_run_through(tmp_path, monkeypatch):
    """On the CPU in place of a GPU, with a small model: every line that has a figure elsewhere."""
    save_checkpoint(hearing_classifier(("a", "b", "c")), tmp_path)
    monkeypatch.setattr(gpu, "MANY", 2)
    monkeypatch.setattr(gpu, "SQUARE", 64)
    settings = Settings(rounds=1, batches=(1,), base=tmp_path)
    lines = list(gpu.measure_on("cpu", settings))
    targets = {line.what: line.target for line in lines if line.target is not None}
    assert targets == {line.what: line.target for line in gpu.without_device()}
    missing = [line for line in lines if line.ours is None]
    assert [line.what for line in missing] == [f"{gpu.ROLLOUT_ALONE}, kernel against chunks"]
    assert missing[0].note, "the kernel needs a GPU, and the line says so"


def test_growth_is_drawn_from_the_lines_of_a_run():
    measured = [
        *(Line(f"m: time a clip, batch {n}, against batch 1", "ms", 9.0 + n) for n in (1, 2, 4)),
        *(Line(f"m: memory a clip, batch {n}, against batch 4", "MB", 3.0) for n in (8, 64)),
        *(Line(f"m: explain the window of {n} s of sound", "ms", 40.0) for n in (1, 5)),
    ]
    figure = scaling.growth_figure([line.to_dict() for line in measured])
    drawn = [axes.lines[0].get_xydata().tolist() for axes in figure.axes]
    assert drawn == [
        [[1, 10], [2, 11], [4, 13]],
        [[8, 3], [64, 3]],
        [[1, 40], [5, 40]],
    ]


def test_no_growth_measured_is_no_figure():
    assert scaling.growth_figure([Line("labels", "ms", 3.0).to_dict()]) is None


@pytest.mark.parametrize(
    "dtype",
    [
        "float32",
        "bfloat16",
        "float16",
        pytest.param(
            "int8",
            marks=pytest.mark.skipif(
                not multiplies_exactly(), reason="int8 is refused on this processor"
            ),
        ),
    ],
)
def test_faster_types_name_the_same_sounds(tmp_path, dtype):
    """Synthesized clips, of which each is one label's; the model is the bundled one."""
    names = ("siren", "church_bells", "rain", "crickets", "violin")
    examples = [BUNDLED_FOLDER / "examples" / f"{name}.flac" for name in names]
    clips = [Clip(file, (), "validation", file.stem, file.name) for file in examples]
    same, furthest = dtypes.agreement(page.MODEL, dtype, clips, device="cpu")
    assert same == 1.0
    assert furthest <= (0.0 if dtype == "float32" else 0.1)


def test_measurements_take_turns_after_a_first_call_that_does_not_count():
    calls = []
    spent = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3)
    assert calls == ["a", "b"] * 4
    assert set(spent) == {"a", "b"}


def test_the_median_time_is_in_milliseconds():
    spent = interleaved({"sleep": lambda: time.sleep(0.05)}, 3)
    assert 50 <= spent["sleep"] < 5000


def test_the_reference_rollout_is_ours(tmp_path, tiny):
    tiny(tmp_path)
    inputs = torch.randn(1, 1024, 128)
    ours = ASTForAudioClassification.from_pretrained(tmp_path)
    eager = reference.load_reference(tmp_path, "eager")
    with torch.inference_mode():
        logits, tokens = reference.explain_reference(eager, inputs)
        encoding = ours.audio_spectrogram_transformer.encode(inputs, keep_traces=True)
        torch.testing.assert_close(ours(inputs).logits, logits, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(rollout(encoding.traces)[0], tokens, rtol=1e-4, atol=1e-7)


def test_sides_that_disagree_are_not_compared(tmp_path, tiny, monkeypatch):
    monkeypatch.setattr(cpu, "rollout", lambda traces: 2 * rollout(traces))
    with report.Settings.prepare(True, report.WALL) as settings, pytest.raises(AssertionError):
        list(cpu.measure(settings))


def test_the_command_prints_a_table_and_writes_json(tmp_path, tiny, capsys):
    file = tmp_path / "made" / "figures.json"
    benchmark.main(parsed("--quick", "--only", "cpu", "--json", str(file)))
    printed = capsys.readouterr().out
    written = json.loads(file.read_text())
    assert written["machine"]["transformers"] == transformers.__version__
    assert written["clock"] == "wall time, median"
    assert [line["what"] for line in written["lines"]][:1] == ["87 M, float32: labels"]
    for line in written["lines"]:
        assert line["what"] in printed
        assert line["reference"] > 0
        assert line["ours"] is None if "VNNI" in line["note"] else line["ours"] > 0


@pytest.mark.parametrize("there", [True, False])
def test_int8_has_its_lines_or_a_reason_why_not(tiny, monkeypatch, there):
    if there and not multiplies_exactly():
        pytest.skip("int8 is refused on this processor")
    monkeypatch.setattr(cpu, "multiplies_exactly", lambda: there)
    with report.Settings.prepare(True, report.WALL) as settings:
        found = [line for line in cpu.measure(settings) if "int8" in line.what]
    assert [line.what for line in found] == [
        "87 M, int8: labels, against float32 labels",
        "87 M, int8: labels + rollout, against float32 labels",
    ]
    for line in found:
        assert (line.ours is None, "VNNI" in line.note) == (not there, not there)


def test_a_missing_transformers_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(reference.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="compares with transformers, which is not installed"):
        benchmark.main(parsed("--quick"))


def test_every_group_can_be_found():
    for name in benchmark.GROUPS:
        assert callable(benchmark._group(name))


def test_peak_memory_of_a_process_counts_what_it_holds_and_not_its_parent(tmp_path, tiny):
    tiny(tmp_path)
    held = torch.ones(300_000_000)  # 1.2 GB in this process
    idle = memory.peak_megabytes("idle")
    explained = memory.peak_megabytes("explain", str(tmp_path))
    assert held.sum() > 0
    assert 50 < idle < explained < 1000


def test_a_failing_process_is_not_taken_for_a_figure():
    with pytest.raises(RuntimeError, match="measuring juggling failed"):
        memory.peak_megabytes("juggling")


def test_a_request_runs_from_file_to_payload(tmp_path, tiny):
    tiny(tmp_path)
    spent = page.request_milliseconds(2, str(tmp_path))
    assert len(spent) == 2
    assert min(spent) > 0
    assert (BUNDLED_FOLDER / page.MODEL).is_dir()
