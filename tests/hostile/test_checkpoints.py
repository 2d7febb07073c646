"""Broken and malicious checkpoints are refused by name; nothing of them runs."""

import json
import os
import pickle
import struct

import pytest
import torch

from ast_demo.checkpoint.checkpoint import find_checkpoint
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.checkpoint.weights import write_weights
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification
from tests.hostile.test_sounds import MEGABYTES, check_sentence
from tests.hostile.worker import SMALL

LAYER = "audio_spectrogram_transformer.layers.0.attention.q_proj.weight"
HEAD = "classifier.dense.weight"
PROCESSOR_SECONDS = 6  # 128 layers without weights are made before the weights are seen not to fit


@pytest.fixture
def model_folder(tmp_path):
    folder = tmp_path / "broken-model"
    torch.manual_seed(1)
    ASTForAudioClassification(ASTConfig(**SMALL)).save_pretrained(folder)
    ASTFeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture
def refusal(worker, tmp_path):
    """Return what loads a folder or file and gives back the sentence that refused it."""

    def load(path, seconds=60):
        report = worker.meet_within(PROCESSOR_SECONDS, "load", path, seconds)
        assert report["kind"] == "refusal", report
        assert report["megabytes"] < MEGABYTES, report
        assert report["processor_seconds"] < PROCESSOR_SECONDS, report
        assert report["untouched"], "the running model gives other scores than before"
        check_sentence(report["message"], tmp_path, letters=1200)  # it names tensors
        return report["message"]

    return load


def edit_config(folder, file="config.json", **values):
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def write_state(folder, state):
    write_weights(folder / "model.safetensors", state)


def state_of(folder):
    return dict(ASTForAudioClassification.from_pretrained(folder).state_dict())


def test_the_untouched_folder_loads(worker, model_folder):
    report = worker.meet("load", model_folder)
    assert report["kind"] == "answer", report
    assert report["labels"] == 4


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100, 2000, -1000, -1])
def test_truncated_safetensors_are_refused(model_folder, refusal, size):
    file = model_folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:size])
    assert "model.safetensors cannot be read as safetensors" in refusal(model_folder)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 5000,
        b'{"a":{"dtype":"F32","shape":[2305843009213693951],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}',
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        b'"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"EVIL","shape":[1],"data_offsets":[0,4]}}',
        b"\xff\xfe" * 50,
    ],
)
def test_lying_safetensors_headers_are_refused(model_folder, refusal, header):
    content = struct.pack("<Q", len(header)) + header + bytes(4)
    (model_folder / "model.safetensors").write_bytes(content)
    assert "broken-model" in refusal(model_folder) or "model.safetensors" in refusal(model_folder)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, 10**8])
def test_a_safetensors_header_of_impossible_length_is_refused(model_folder, refusal, length):
    (model_folder / "model.safetensors").write_bytes(struct.pack("<Q", length) + b"{}")
    assert "model.safetensors cannot be read" in refusal(model_folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_not_finite_are_refused(model_folder, refusal, value):
    state = state_of(model_folder)
    state[LAYER] = state[LAYER].clone()
    state[LAYER][3, 4] = value
    write_state(model_folder, state)
    assert "NaN or infinity" in refusal(model_folder)


def test_weights_that_do_not_fit_are_refused(model_folder, refusal):
    whole = state_of(model_folder)
    for change, part in (
        ({HEAD: torch.zeros(5, 32)}, "(5, 32) instead of (4, 32)"),
        ({HEAD: torch.zeros(4, 32, dtype=torch.int64)}, "not floating point"),
        ({HEAD: None}, "1 missing (classifier.dense.weight)"),
        ({"backdoor.weight": torch.zeros(1)}, "1 unexpected (backdoor.weight)"),
    ):
        changed = {key: value for key, value in (whole | change).items() if value is not None}
        write_state(model_folder, changed)
        assert part in refusal(model_folder)


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_a_missing_file_is_named(model_folder, refusal, file):
    (model_folder / file).unlink()
    assert file in refusal(model_folder)


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json"])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe\x00", b"[" * 100_000, b"{" * 1000, b"NaN"],
)
def test_settings_that_are_no_json_object_are_refused(model_folder, refusal, file, content):
    (model_folder / file).write_bytes(content)
    assert file in refusal(model_folder)


def test_settings_of_a_gigabyte_are_not_read(model_folder, refusal):
    os.truncate(model_folder / "config.json", 1 << 30)
    assert "config.json" in refusal(model_folder)


HUGE = [2**31, 10**12, 10**18, -1, 0, "many", None, 1e400, [1], True, 1.5]


@pytest.mark.parametrize("value", HUGE)
@pytest.mark.parametrize(
    "name",
    ["hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_length",
     "num_mel_bins", "patch_size", "time_stride", "frequency_stride"],
)  # fmt: skip
def test_impossible_sizes_are_refused_before_anything_is_made(model_folder, refusal, name, value):
    edit_config(model_folder, **{name: value})
    assert name in refusal(model_folder)


@pytest.mark.parametrize(
    "values",
    [
        {"num_hidden_layers": 128, "hidden_size": 16384, "intermediate_size": 65536},
        {"max_length": 65536, "num_mel_bins": 1024},
        {"max_length": 65536, "time_stride": 1, "frequency_stride": 1},
        {"id2label": None, "label2id": None, "num_labels": 10**9},
        {"id2label": {"0": "a", "1000000000": "b"}},
        {"id2label": {str(2**i): "a" for i in range(20)}},
        {"id2label": {"x": "a"}},
        {"id2label": ["a"]},
        {"hidden_act": "__import__('os').system('true')"},
        {"hidden_act": {"a": 1}},
        {"model_type": "bert"},
        {"model_type": {"$ref": "file:///etc/passwd"}},
        {"layer_norm_eps": 0},
        {"hidden_dropout_prob": 1e9},
        {"problem_type": ["regression"]},
    ],
    ids=str,
)
def test_malicious_configs_are_refused(model_folder, refusal, values):
    edit_config(model_folder, **values)
    refusal(model_folder)


@pytest.mark.parametrize(
    "values",
    [
        {"sampling_rate": 1},
        {"sampling_rate": 2**31},
        {"num_mel_bins": 10**9},
        {"max_length": 10**9},
        {"mean": "a"},
        {"std": 0},
        {"std": 1e400},
        {"padding_value": [0]},
        {"do_normalize": "yes"},
    ],
    ids=str,
)
def test_malicious_preprocessors_are_refused(model_folder, refusal, values):
    edit_config(model_folder, "preprocessor_config.json", **values)
    refusal(model_folder)


class Command:
    """Unpickles by running a shell command."""

    def __init__(self, marker):
        self._marker = marker

    def __reduce__(self):
        return os.system, (f"touch '{self._marker}'",)


@pytest.mark.parametrize("file", ["pytorch_model.bin", "model.safetensors"])
@pytest.mark.parametrize("how", ["torch", "torch-legacy", "pickle"])
def test_a_pickle_that_holds_code_is_refused_and_does_not_run(
    model_folder, refusal, tmp_path, file, how
):
    marker = tmp_path / "it-ran"
    (model_folder / "model.safetensors").unlink()
    content = {"weight": Command(marker)}
    if how == "pickle":
        (model_folder / file).write_bytes(pickle.dumps(content))
    else:
        zipped = how == "torch"
        torch.save(content, model_folder / file, _use_new_zipfile_serialization=zipped)
    message = refusal(model_folder)
    assert file in message
    assert not marker.exists()


def test_a_pickle_given_as_a_file_is_refused_and_does_not_run(refusal, tmp_path):
    marker = tmp_path / "it-ran"
    file = tmp_path / "model.pth"
    torch.save({"weight": Command(marker)}, file)
    assert "model.pth" in refusal(file)
    assert not marker.exists()


def test_links_out_of_the_folder_show_nothing_of_their_target(model_folder, refusal):
    for file in ("config.json", "model.safetensors"):
        path = model_folder / file
        honest = path.read_bytes()
        path.unlink()
        path.symlink_to("/etc/passwd")
        assert "root" not in refusal(model_folder)
        path.unlink()
        path.write_bytes(honest)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a/b/c",
        "~nobody/x",
        "-x",
        "..",
        "",
        "a\x00b",
        "a" * 5000,
        "${x}",
        "a\nb",
    ],
)
def test_odd_names_are_no_checkpoints(name, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint(name)
    check_sentence(str(caught.value), tmp_path)
