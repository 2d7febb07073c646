"""Checkpoints of all three namings load, ours and the reference's read each other, and whatever is
damaged, hostile or does not fit is refused with a sentence."""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import sys

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from ast_demo.checkpoint import locate as locate_module
from ast_demo.checkpoint.checkpoint import find_checkpoint
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.checkpoint.key_mapping import rename_to_disk, rename_to_memory
from ast_demo.checkpoint.locate import bundled_names, find_settings
from ast_demo.checkpoint.weights import load_weights, parse_dtype
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification, ASTModel
from tests.helpers.models import (
    TINY,
    TINY_ORIGINAL,
    ours,
    pair,
    randomize,
    save_ours,
    spectrograms,
    to_original,
)

TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


def logits(model, batch=None):
    batch = spectrograms(model.config) if batch is None else batch
    with torch.no_grad():
        return model(batch).logits


@pytest.fixture
def folder(tmp_path):
    """A checkpoint of ours, complete."""
    return save_ours(tmp_path, mean=-5.0, std=3.0)


def edit(path, **changes):
    values = json.loads(path.read_text())
    values.update(changes)
    path.write_text(json.dumps(values))


def refusal(name, model_class=ASTForAudioClassification) -> str:
    with pytest.raises(CheckpointError) as caught:
        model_class.from_pretrained(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1200
    return str(caught.value)


# Both ways between ours and the reference


def test_a_saved_model_comes_back_as_it_was(tmp_path):
    model = ours(num_labels=5, qkv_bias=False)
    model.save_pretrained(tmp_path)
    again = ASTForAudioClassification.from_pretrained(tmp_path)
    assert again.config == model.config
    assert not again.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name


@pytest.mark.parametrize("bare", [False, True], ids=["classifier", "encoder"])
def test_the_reference_loads_what_we_save(tmp_path, bare):
    model, reference = pair(bare=bare)
    model.save_pretrained(tmp_path)
    again, report = type(reference).from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values()), report
    assert again.config.architectures == [type(reference).__name__]
    batch = spectrograms(model.config)
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(batch)[0], model(batch)[0], **TOLERANCE)


@pytest.mark.parametrize("save_original_format", [True, False], ids=["disk names", "memory names"])
@pytest.mark.parametrize("bare", [False, True], ids=["classifier", "encoder"])
def test_we_load_what_the_reference_saves(tmp_path, bare, save_original_format):
    model, reference = pair(bare=bare)
    reference.save_pretrained(tmp_path, save_original_format=save_original_format)
    names = load_file(tmp_path / "model.safetensors").keys()
    assert any("encoder.layer.0." in name for name in names) == save_original_format
    again = type(model).from_pretrained(tmp_path)
    batch = spectrograms(model.config)
    with torch.no_grad():
        torch.testing.assert_close(again(batch)[0], reference(batch)[0], **TOLERANCE)


def test_we_write_the_names_that_every_version_of_the_reference_reads(tmp_path):
    model, reference = pair()
    model.save_pretrained(tmp_path / "ours")
    reference.save_pretrained(tmp_path / "theirs")
    theirs = load_file(tmp_path / "theirs" / "model.safetensors")
    assert load_file(tmp_path / "ours" / "model.safetensors").keys() == theirs.keys()


def test_a_bare_encoder_takes_its_part_of_a_classifier(tmp_path):
    model = ours()
    model.save_pretrained(tmp_path)
    encoder = ASTModel.from_pretrained(tmp_path)
    batch = spectrograms(model.config)
    with torch.no_grad():
        expected = model.audio_spectrogram_transformer(batch)
        torch.testing.assert_close(encoder(batch).pooler_output, expected.pooler_output)


def test_the_settings_travel_with_the_weights(folder):
    extractor = ASTFeatureExtractor.from_pretrained(folder)
    assert (extractor.mean, extractor.std, extractor.max_length) == (-5.0, 3.0, 24)
    model = ASTForAudioClassification.from_pretrained(folder, attn_implementation="eager")
    assert model.attn_implementation == "eager"
    assert model.audio_spectrogram_transformer.attn_implementation == "eager"


def test_a_pickled_state_dict_loads(folder):
    expected = logits(ASTForAudioClassification.from_pretrained(folder))
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    assert torch.equal(logits(ASTForAudioClassification.from_pretrained(folder)), expected)


def test_safetensors_are_preferred_to_a_pickle(folder):
    (folder / "pytorch_model.bin").write_bytes(b"not looked at")
    assert find_checkpoint(folder).weights_file.name == "model.safetensors"


def test_a_weights_file_takes_the_settings_beside_it(folder):
    by_file = ASTForAudioClassification.from_pretrained(folder / "model.safetensors")
    assert torch.equal(logits(by_file), logits(ASTForAudioClassification.from_pretrained(folder)))
    assert ASTFeatureExtractor.from_pretrained(folder / "model.safetensors").mean == -5.0
    assert find_checkpoint(folder / "model.safetensors").source == "file"


@pytest.mark.parametrize("wrap", [lambda w: w, lambda w: {"state_dict": w, "epoch": 3}])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_an_original_checkpoint_of_the_authors_loads_by_its_shapes(tmp_path, prefix, wrap):
    model = randomize(ASTForAudioClassification(ASTConfig(**TINY_ORIGINAL, num_labels=35))).eval()
    weights = to_original(model.state_dict(), 64)
    assert all(name.startswith("module.") for name in weights)
    weights = {prefix + name.removeprefix("module."): weights[name] for name in weights}
    torch.save(wrap(weights), tmp_path / "audio_model.pth")
    again = ASTForAudioClassification.from_pretrained(tmp_path / "audio_model.pth")
    assert again.config == model.config
    torch.testing.assert_close(logits(again), logits(model), **TOLERANCE)
    extractor = ASTFeatureExtractor.from_pretrained(tmp_path / "audio_model.pth")
    assert (extractor.max_length, extractor.mean, extractor.std) == (128, -6.845978, 5.5654526)
    again.save_pretrained(tmp_path / "converted")
    converted = ASTForAudioClassification.from_pretrained(tmp_path / "converted")
    assert torch.equal(logits(converted), logits(again))


@pytest.mark.parametrize(("stride", "max_length"), [(10, 1024), (12, 1024), (14, 1024), (16, 1024)])
def test_original_audioset_checkpoints_of_every_stride_are_recognized(tmp_path, stride, max_length):
    shape = {**TINY_ORIGINAL, "max_length": max_length, "num_hidden_layers": 1}
    shape.update(frequency_stride=stride, time_stride=stride)
    model = ASTForAudioClassification(ASTConfig(**shape, num_labels=527))
    torch.save(to_original(model.state_dict(), 64), tmp_path / "audioset.pth")
    found = find_checkpoint(tmp_path / "audioset.pth")
    config = ASTConfig.from_dict(found.config)
    assert (config.frequency_stride, config.time_stride) == (stride, stride)
    assert config.max_length == max_length
    assert config.problem_type == "multi_label_classification"
    assert found.preprocessor["mean"] == -4.2677393


def test_an_original_of_unknown_shape_asks_for_its_settings(tmp_path):
    torch.save(to_original(ours().state_dict(), 32), tmp_path / "mine.pth")
    message = refusal(tmp_path / "mine.pth")
    assert "not one of the authors' checkpoints" in message
    assert "config.json" in message


def test_names_go_to_the_disk_and_back():
    state_dict = ours().state_dict()
    assert rename_to_memory(rename_to_disk(state_dict)).keys() == state_dict.keys()
    assert rename_to_memory(state_dict).keys() == state_dict.keys()
    on_disk = rename_to_disk(state_dict)
    assert rename_to_disk(on_disk).keys() == on_disk.keys()
    wrapped = {f"module.{name}": tensor for name, tensor in on_disk.items()}
    assert rename_to_memory(wrapped).keys() == state_dict.keys()


def test_the_same_tensor_under_two_names_is_refused(folder):
    weights = load_file(folder / "model.safetensors")
    save_file({**weights, **ours().state_dict()}, folder / "model.safetensors")
    assert "two tensors claim the name" in refusal(folder)


# dtype


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", torch.float16])
def test_weights_convert_on_loading(folder, dtype):
    model = ASTForAudioClassification.from_pretrained(folder, dtype=dtype)
    expected = dtype if isinstance(dtype, torch.dtype) else getattr(torch, dtype)
    assert {parameter.dtype for parameter in model.parameters()} == {expected}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_half_precision_checkpoint_keeps_its_dtype_if_asked(tmp_path, dtype):
    model = ours().to(dtype)
    model.save_pretrained(tmp_path)
    stored = json.loads((tmp_path / "config.json").read_text())
    assert stored["dtype"] == stored["torch_dtype"] == str(dtype).removeprefix("torch.")
    kept = ASTForAudioClassification.from_pretrained(tmp_path, dtype="auto")
    assert kept.dtype == dtype
    assert transformers.ASTForAudioClassification.from_pretrained(tmp_path).dtype == dtype
    wide = ASTForAudioClassification.from_pretrained(tmp_path)
    assert wide.dtype == torch.float32
    for name, tensor in model.state_dict().items():
        assert torch.equal(wide.state_dict()[name], tensor.float()), name


@pytest.mark.parametrize("dtype", ["int8", "half", "float8_e4m3fn", "nn", "", 16, torch.int64])
def test_an_unknown_dtype_is_refused_by_name(folder, dtype):
    if dtype == "":  # not given, for from_pretrained
        with pytest.raises(ValueError, match="dtype is ''"):
            parse_dtype(dtype)
        return
    with pytest.raises(ValueError, match="expected float32, float16, bfloat16, float64") as caught:
        ASTForAudioClassification.from_pretrained(folder, dtype=dtype)
    assert repr(dtype) in str(caught.value)


# What does not fit


def rewrite(folder, change):
    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path)


P = "audio_spectrogram_transformer."


def test_missing_unexpected_and_misshaped_weights_are_named(folder):
    def spoil(weights):
        del weights[f"{P}encoder.layer.1.attention.attention.query.bias"]
        del weights[f"{P}layernorm.weight"]
        weights["stranger.weight"] = torch.zeros(2)
        weights["classifier.dense.weight"] = torch.zeros(7, 32)

    rewrite(folder, spoil)
    message = refusal(folder)
    assert "2 missing" in message
    assert f"{P}layers.1.attention.q_proj.bias" in message
    assert f"{P}layernorm.weight" in message
    assert "1 unexpected (stranger.weight)" in message
    assert "classifier.dense.weight (7, 32) instead of (2, 32)" in message


def test_a_long_list_of_misfits_is_cut(folder):
    rewrite(folder, lambda weights: weights.update({f"x{i}": torch.zeros(1) for i in range(50)}))
    assert "50 unexpected (x0, x1, x10, x11, x12 and 45 more)" in refusal(folder)


def test_another_count_of_labels_is_refused_with_both_shapes(folder):
    edit(folder / "config.json", id2label={str(i): f"label {i}" for i in range(9)})
    assert "classifier.dense.bias (2,) instead of (9,)" in refusal(folder)


def test_a_bare_encoder_is_no_classifier(tmp_path):
    randomize(ASTModel(ASTConfig(**TINY))).save_pretrained(tmp_path)
    assert "missing" in refusal(tmp_path)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool])
def test_weights_that_are_no_numbers_with_a_point_are_refused_by_name(folder, dtype):
    name = f"{P}layernorm.weight"
    rewrite(folder, lambda weights: weights.update({name: torch.ones(32, dtype=dtype)}))
    assert f"1 not floating point ({name} {dtype})" in refusal(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_weights_that_are_not_finite_are_refused_by_name(folder, value, dtype):
    name = f"{P}encoder.layer.1.intermediate.dense.weight"

    def spoil(weights):
        weights[name] = weights[name].to(dtype)
        weights[name][3, 5] = value

    rewrite(folder, spoil)
    message = refusal(folder)
    assert f"{P}layers.1.mlp.fc1.weight" in message
    assert "NaN or infinity" in message


# Damage


@pytest.mark.parametrize("kept", [0, 4, 100, 0.5, 0.999])
def test_a_truncated_safetensors_file_is_refused(folder, kept):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    message = refusal(folder)
    assert "model.safetensors cannot be read as safetensors" in message


@pytest.mark.parametrize("kept", [0, 4, 0.5, 0.99])
def test_a_truncated_pickle_is_refused(folder, kept):
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    path = folder / "pytorch_model.bin"
    torch.save(weights, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    assert "pytorch_model.bin" in refusal(folder)


class Bomb:
    """A pickle that makes a file when it is opened without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize(
    "save", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, protocol=2))]
)
@pytest.mark.parametrize("nested", [False, True])
def test_a_free_pickle_is_refused_and_never_run(folder, save, nested):
    (folder / "model.safetensors").unlink()
    bomb = Bomb(folder / "exploded")
    save({"weights": bomb} if nested else bomb, folder / "pytorch_model.bin")
    message = refusal(folder)
    assert "pickle can run any code" in message
    assert not (folder / "exploded").exists()


@pytest.mark.parametrize(
    "content",
    [{}, [torch.zeros(2)], {"epoch": 3}, {3: torch.zeros(2)}, torch.zeros(3), {"state_dict": {}}],
    ids=["empty", "list", "no tensor", "number as name", "tensor", "empty inside"],
)
def test_a_pickle_without_state_dict_is_refused(folder, content):
    (folder / "model.safetensors").unlink()
    torch.save(content, folder / "pytorch_model.bin")
    assert "no state dict" in refusal(folder)


@pytest.mark.parametrize("file", ["config.json", "preprocessor_config.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[" * 200_000,
        b'{"a": ' * 100_000,
        b"[]",
        b"3",
        b'"text"',
        b"null",
    ],
    ids=["empty", "cut", "bytes", "deep list", "deep object", "list", "number", "text", "null"],
)
def test_a_settings_file_that_is_no_object_is_refused_by_name(folder, file, content):
    (folder / file).write_bytes(content)
    assert file in refusal(folder)


def test_a_settings_file_of_many_megabytes_is_refused(folder, monkeypatch):
    monkeypatch.setattr(locate_module, "MOST_JSON_BYTES", 100)
    assert "larger than 100 bytes" in refusal(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": 10**9},
        {"num_hidden_layers": 10**9},
        {"intermediate_size": 10**18},
        {"max_length": 10**9},
        {"num_mel_bins": 10**9},
        {"patch_size": 1, "frequency_stride": 1, "time_stride": 1, "max_length": 2**16},
        {"num_labels": 10**9, "id2label": None, "label2id": None},
        {"id2label": {"0": {"a": {"b": []}}}},
        {"hidden_act": {"__class__": "os.system"}},
        {"layer_norm_eps": float("nan")},
        {"model_type": "whisper"},
        {"model_type": [[[]]]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_hostile_config_is_refused_before_the_weights_are_touched(folder, changes):
    edit(folder / "config.json", **changes)
    (folder / "model.safetensors").write_bytes(b"never read")
    message = refusal(folder)
    assert str(folder) in message
    assert next(iter(changes)) in message or "patches" in message


def test_a_config_larger_than_its_weights_allocates_nothing(folder):
    # The largest shape a config may state would take 1.6 TB; only the file's tensors are ever made.
    edit(folder / "config.json", hidden_size=2**14, intermediate_size=2**16, num_hidden_layers=128)
    message = refusal(folder)
    assert "missing" in message
    assert "instead of" in message


@pytest.mark.parametrize("key", ["max_length", "num_mel_bins"])
def test_settings_that_disagree_are_refused_with_both_values(folder, key):
    edit(folder / "preprocessor_config.json", **{key: 99})
    expected = getattr(ASTConfig(**TINY), key)
    message = refusal(folder)
    assert f"{key} is {expected} in config.json but 99 in preprocessor_config.json" in message


@pytest.mark.parametrize("changes", [{"std": 0.0}, {"mean": "low"}, {"sampling_rate": 10**12}])
def test_a_bad_preprocessor_file_is_refused_by_name(folder, changes):
    edit(folder / "preprocessor_config.json", **changes)
    with pytest.raises(ValueError, match=next(iter(changes))):
        ASTFeatureExtractor.from_dict(find_checkpoint(folder).preprocessor)


def test_an_old_preprocessor_file_takes_the_window_from_the_model(folder):
    path = folder / "preprocessor_config.json"
    values = json.loads(path.read_text())
    del values["max_length"]
    path.write_text(json.dumps(values))
    assert ASTFeatureExtractor.from_dict(find_checkpoint(folder).preprocessor).max_length == 24


# Finding


def test_a_model_without_preprocessor_file_loads_and_classifying_asks_for_it(folder):
    (folder / "preprocessor_config.json").unlink()
    ASTForAudioClassification.from_pretrained(folder)
    with pytest.raises(CheckpointError, match=r"has no preprocessor_config\.json"):
        _ = find_checkpoint(folder).preprocessor
    with pytest.raises(CheckpointError, match=r"has no preprocessor_config\.json"):
        ASTFeatureExtractor.from_pretrained(folder)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    assert f"no {file}" in refusal(folder)


def test_an_extractor_needs_no_weights(tmp_path):
    ASTFeatureExtractor(mean=-1.0).save_pretrained(tmp_path)
    assert ASTFeatureExtractor.from_pretrained(tmp_path).mean == -1.0
    assert find_settings(tmp_path, "preprocessor_config.json")["mean"] == -1.0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "no-such-name",
        "../../etc",
        "../../no/such/place",
        "/no/such/place",
        "~nobody-at-all/model",
        "owner/name/extra",
        "owner/..",
        "../owner",
        "owner\\name",
        "owner/na me",
        "owner/name\n",
        "a\0b",
        "x" * 5000,
        "owner/" + "x" * 5000,
        "http://127.0.0.1/x",
        "ówner/näme",
    ],
    ids=lambda name: repr(name[:20]),
)
def test_a_name_that_means_nothing_is_refused_without_asking_the_hub(name, monkeypatch, tmp_path):
    def unreachable(*args, **kwargs):
        raise AssertionError("the Hub was asked")

    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", unreachable)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint(name)
    assert len(str(caught.value)) < 600


def test_a_folder_of_the_system_is_no_checkpoint():
    with pytest.raises(CheckpointError, match=r"/etc has no config\.json"):
        find_checkpoint("/etc")


def test_bundled_checkpoints_are_found_by_name(folder, monkeypatch):
    monkeypatch.setattr(locate_module, "BUNDLED_FOLDER", folder.parent)
    assert folder.name in bundled_names()
    found = find_checkpoint(folder.name)
    assert (found.source, found.name, found.revision) == ("bundled", folder.name, None)
    with pytest.raises(CheckpointError, match=folder.name):  # an unknown one names those there are
        find_checkpoint("no-such-name")


def test_the_digest_is_that_of_the_weights_file(folder):
    content = (folder / "model.safetensors").read_bytes()
    assert find_checkpoint(folder).sha256() == hashlib.sha256(content).hexdigest()


def test_a_function_as_activation_cannot_be_saved_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match="hidden_act is the function"):
        ours(hidden_act=torch.tanh).save_pretrained(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_weights_that_cannot_be_written_say_so_and_leave_those_before(tmp_path, monkeypatch):
    import safetensors.torch

    def full_disk(tensors, path, metadata):
        path.write_bytes(b"half a file")
        raise OSError(28, "No space left on device")

    ours().save_pretrained(tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    monkeypatch.setattr(safetensors.torch, "save_file", full_disk)
    with pytest.raises(CheckpointError, match=r"could not be written.*No space left on device"):
        ours(seed=1).save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))


def test_loading_does_not_import_torchs_compiler():
    """A random draw on the meta device would: a second and 64 MB before the first answer."""
    code = (
        "import sys; from ast_demo import AudioClassifier; "
        "AudioClassifier.load(device='cpu', dtype='float32'); print('sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_weights_are_converted_while_they_are_read_and_used_up(tmp_path):
    model = ASTForAudioClassification(ASTConfig(hidden_size=32, num_attention_heads=4))
    weights = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    expected = {key: tensor.bfloat16() for key, tensor in weights.items()}
    load_weights(model, weights, "tiny", torch.bfloat16)
    assert not weights
    for key, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, expected[key], rtol=0, atol=0, msg=key)
