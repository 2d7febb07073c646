"""Models load with the arguments, and from the files, with which the reference loads them."""

from __future__ import annotations

import json
import re
import shutil
import warnings

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from ast_demo.checkpoint.checkpoint import find_checkpoint
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification, ASTModel
from tests.helpers.models import ours, pair, save_ours, spectrograms


@pytest.fixture
def folder(tmp_path):
    """A checkpoint of ours, complete."""
    return save_ours(tmp_path / "checkpoint", mean=-5.0, std=3.0)


def logits(model):
    with torch.no_grad():
        return model(spectrograms(model.config)).logits


def same_as_saved(folder, **arguments):
    model = ASTForAudioClassification.from_pretrained(folder, **arguments)
    return torch.equal(logits(model), logits(ours()))


LABELS = {0: "bark", 1: "meow", 2: "moo"}


@pytest.mark.parametrize(
    "changes",
    [
        {"num_labels": 3},
        {"id2label": LABELS},
        {"id2label": LABELS, "label2id": {v: k for k, v in LABELS.items()}},
        {"num_labels": 3, "id2label": LABELS},
        {"num_labels": 3, "problem_type": "multi_label_classification"},
    ],
)
def test_a_head_for_other_labels_is_drawn_anew_as_in_the_reference(folder, changes):
    with pytest.warns(UserWarning, match=r"2 weights .* drawn anew \(classifier\.dense"):
        model = ASTForAudioClassification.from_pretrained(
            folder, ignore_mismatched_sizes=True, **changes
        )
    theirs = transformers.ASTForAudioClassification.from_pretrained(
        folder, ignore_mismatched_sizes=True, **changes
    )
    assert model.config.id2label == theirs.config.id2label
    assert model.config.num_labels == theirs.config.num_labels == 3
    batch = spectrograms(model.config)
    hidden = model.audio_spectrogram_transformer(batch).pooler_output
    expected = theirs.audio_spectrogram_transformer(batch).pooler_output
    torch.testing.assert_close(hidden, expected, atol=1e-5, rtol=1e-5)


def test_fresh_weights_are_drawn_and_not_left_to_chance(folder):
    with pytest.warns(UserWarning, match="drawn anew"):
        model = ASTForAudioClassification.from_pretrained(
            folder, num_labels=7, ignore_mismatched_sizes=True
        )
    weight = model.classifier.dense.weight
    assert weight.shape[0] == 7
    assert 0 < weight.std() < 0.1
    assert not model.classifier.dense.bias.any()


def test_a_bare_encoder_gets_a_head_where_that_is_asked_for(tmp_path):
    ASTModel(ours().config).save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="missing"):
        ASTForAudioClassification.from_pretrained(tmp_path)
    with pytest.warns(UserWarning, match=r"4 weights .* drawn anew"):
        ASTForAudioClassification.from_pretrained(
            tmp_path, num_labels=3, ignore_mismatched_sizes=True
        )


def test_other_labels_without_leave_are_refused_with_both_shapes(folder):
    with pytest.raises(CheckpointError, match=r"classifier\.dense\.weight"):
        ASTForAudioClassification.from_pretrained(folder, num_labels=3)


def test_nothing_is_drawn_where_everything_fits(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same_as_saved(folder, ignore_mismatched_sizes=True)


def test_labels_may_be_renamed(folder):
    names = {index: f"sound {index}" for index in range(ours().config.num_labels)}
    model = ASTForAudioClassification.from_pretrained(folder, id2label=names)
    assert model.config.id2label == names
    assert model.config.label2id["sound 1"] == 1


@pytest.mark.parametrize("given", [{"torch_dtype": "float16"}, {"torch_dtype": torch.float16}])
def test_the_older_name_of_dtype_is_taken(folder, given):
    assert ASTForAudioClassification.from_pretrained(folder, **given).dtype == torch.float16


def test_two_different_dtypes_are_refused(folder):
    with pytest.raises(ValueError, match="give one of them"):
        ASTForAudioClassification.from_pretrained(folder, dtype="float32", torch_dtype="float16")


@pytest.mark.parametrize(
    "form",
    [
        lambda config, folder: config,
        lambda config, folder: config.to_dict(),
        lambda config, folder: folder,
        lambda config, folder: str(folder),
        lambda config, folder: transformers.ASTConfig.from_pretrained(folder),
    ],
    ids=["ours", "dict", "path", "text", "theirs"],
)
def test_a_config_can_be_handed_in_every_form(folder, form):
    assert same_as_saved(folder, config=form(ours().config, folder))


@pytest.mark.parametrize("config", [3, ["a"], object()])
def test_what_is_no_config_is_refused(folder, config):
    with pytest.raises(ValueError, match="expected an ASTConfig"):
        ASTForAudioClassification.from_pretrained(folder, config=config)


@pytest.mark.parametrize(
    "arguments",
    [
        {"low_cpu_mem_usage": True},
        {"trust_remote_code": False, "weights_only": True, "device_map": None},
        {"token": None, "cache_dir": None, "local_files_only": True, "force_download": False},
        {"use_safetensors": True},
        {"hidden_dropout_prob": 0.1},
    ],
)
def test_arguments_of_the_reference_are_taken(folder, arguments):
    assert same_as_saved(folder, **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_label": 3}, "no argument 'num_label'"),
        ({"weights_only": False}, "weights_only takes True"),
        ({"device_map": "auto"}, "device_map takes None or 'cpu'"),
        ({"use_safetensors": False}, r"no pytorch_model\.bin"),
        ({"num_labels": "three"}, "num_labels is 'three'"),
    ],
)
def test_arguments_that_cannot_be_followed_are_refused_by_name(folder, arguments, words):
    with pytest.raises(ValueError, match=words):
        ASTForAudioClassification.from_pretrained(folder, **arguments)


# Files as other tools write them


def shard(folder, parts=3, file="model.safetensors"):
    """Spread a checkpoint's weights over several files, as the reference does with large ones."""
    whole = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    stem, ending = file.split(".")
    weight_map = {}
    for number in range(parts):
        name = f"{stem}-{number + 1:05d}-of-{parts:05d}.{ending}"
        part = {key: whole[key] for key in sorted(whole)[number::parts]}
        if ending == "bin":
            torch.save(part, folder / name)
        else:
            save_file(part, folder / name, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(part, name))
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (folder / f"{file}.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_weights_in_several_parts_are_put_together(folder, file):
    shard(folder, file=file)
    assert same_as_saved(folder)
    assert len(find_checkpoint(folder).weights_files) == 3


def test_parts_that_the_reference_writes_are_read(tmp_path):
    mine, theirs = pair()
    theirs.save_pretrained(tmp_path, max_shard_size="10KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    torch.testing.assert_close(
        logits(ASTForAudioClassification.from_pretrained(tmp_path)), logits(mine)
    )


def test_the_digest_changes_with_any_part(folder):
    shard(folder)
    before = find_checkpoint(folder).sha256()
    last = folder / "model-00003-of-00003.safetensors"
    last.write_bytes(last.read_bytes()[:-1] + b"\x01")
    assert find_checkpoint(folder).sha256() != before


def test_a_missing_part_is_named(folder):
    shard(folder)
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"lacks 1 of the 3 .*model-00002-of-00003"):
        ASTForAudioClassification.from_pretrained(folder)


@pytest.mark.parametrize(
    "index",
    [
        {},
        {"weight_map": []},
        {"weight_map": {}},
        {"weight_map": {"a": "../../etc/passwd.bin"}},
        {"weight_map": {"a": "/etc/passwd"}},
        {"weight_map": {"a": 3}},
        {"weight_map": {"a": "pytorch_model.bin"}},  # a pickle among safetensors
        {"weight_map": {f"t{n}": f"part-{n}.safetensors" for n in range(1000)}},
    ],
)
def test_an_index_that_cannot_be_right_is_refused(folder, index):
    shard(folder)
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="no usable weight_map"):
        ASTForAudioClassification.from_pretrained(folder)


def test_a_tensor_in_two_parts_is_refused(folder):
    shard(folder, parts=2)
    first = folder / "model-00001-of-00002.safetensors"
    shutil.copy(first, folder / "model-00002-of-00002.safetensors")
    with pytest.raises(CheckpointError, match="which another part holds too"):
        ASTForAudioClassification.from_pretrained(folder)


@pytest.mark.parametrize(
    "wrapped",
    [
        "model.{}",
        "_orig_mod.{}",
        "module.{}",
        "model._orig_mod.{}",
        "_orig_mod.module.{}",
        "module.model.{}",
        "model.model.{}",
    ],
)
def test_names_inside_wrappers_are_unwrapped(folder, wrapped):
    file = folder / "model.safetensors"
    save_file({wrapped.format(key): value for key, value in load_file(file).items()}, file)
    assert same_as_saved(folder)


def test_a_compiled_part_of_a_model_is_unwrapped(folder):
    file = folder / "model.safetensors"
    renamed = {
        re.sub(r"^audio_spectrogram_transformer\.", r"\g<0>_orig_mod.", key): value
        for key, value in load_file(file).items()
    }
    save_file(renamed, file)
    assert same_as_saved(folder)


def run_of_a_trainer(folder, steps=(500, 1000, 90)):
    run = folder.parent / "run"
    for step in steps:
        shutil.copytree(folder, run / f"checkpoint-{step}")
    for step in steps[::2]:  # only the last one in number shall be read
        (run / f"checkpoint-{step}" / "model.safetensors").write_bytes(b"old")
    (run / "runs").mkdir()
    return run


def test_the_last_step_of_a_trainers_folder_is_read(folder):
    assert same_as_saved(run_of_a_trainer(folder))


def test_the_settings_beside_the_steps_of_a_trainer_serve_them(folder):
    run = run_of_a_trainer(folder)
    shutil.move(run / "checkpoint-1000" / "preprocessor_config.json", run)
    assert ASTFeatureExtractor.from_pretrained(run).mean == -5.0
    assert find_checkpoint(run / "checkpoint-1000").preprocessor["mean"] == -5.0


def test_a_finished_folder_is_read_and_not_its_steps(folder):
    run = run_of_a_trainer(folder, steps=(7,))
    for file in folder.iterdir():
        shutil.copy(file, run)
    assert same_as_saved(run)


# Settings of the feature extractor


def test_settings_inside_a_processors_file_are_read(folder):
    file = folder / "preprocessor_config.json"
    settings = json.loads(file.read_text())
    file.unlink()
    processor = {"processor_class": "ASTProcessor", "feature_extractor": settings}
    (folder / "processor_config.json").write_text(json.dumps(processor))
    extractor = ASTFeatureExtractor.from_pretrained(folder)
    theirs = transformers.ASTFeatureExtractor.from_pretrained(folder)
    assert (extractor.mean, extractor.max_length) == (theirs.mean, theirs.max_length) == (-5.0, 24)
    assert find_checkpoint(folder).preprocessor["std"] == 3.0


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("feature_extractor_type", "Wav2Vec2FeatureExtractor"),
        ("feature_extractor_type", "WhisperFeatureExtractor"),
        ("feature_extractor_type", 3),
        ("image_processor_type", "ViTImageProcessor"),
    ],
)
def test_settings_of_another_kind_of_model_are_refused_by_name(folder, key, kind):
    (folder / "preprocessor_config.json").write_text(
        json.dumps({key: kind, "sampling_rate": 16000})
    )
    for read in (ASTFeatureExtractor.from_pretrained, find_checkpoint):
        with pytest.raises(CheckpointError, match=f"another kind of model: {key} is {kind!r}"):
            read(folder)


@pytest.mark.parametrize("changes", [{"max_length": 48}, {"mean": 0.0, "std": 0.5}])
def test_parameters_of_the_extractor_can_be_replaced(folder, changes):
    extractor = ASTFeatureExtractor.from_pretrained(folder, **changes)
    theirs = transformers.ASTFeatureExtractor.from_pretrained(folder, **changes)
    for name in ("max_length", "mean", "std", "num_mel_bins"):
        assert getattr(extractor, name) == getattr(theirs, name)


def test_a_parameter_that_the_extractor_lacks_is_refused(folder):
    with pytest.raises(ValueError, match="no parameter 'max_len'"):
        ASTFeatureExtractor.from_pretrained(folder, max_len=48)


@pytest.mark.parametrize("padding", [True, False, "max_length", "longest"])
def test_padding_and_truncation_are_taken_as_the_reference_takes_them(folder, padding):
    sound = torch.linspace(-0.5, 0.5, 9000).numpy()
    arguments = {"sampling_rate": 16000, "return_tensors": "np"}
    arguments |= {"padding": padding, "truncation": True}
    found = ASTFeatureExtractor.from_pretrained(folder)(sound, **arguments)
    theirs = transformers.ASTFeatureExtractor.from_pretrained(folder)(sound, **arguments)
    assert found["input_values"] == pytest.approx(theirs["input_values"], abs=1e-4)


def test_parameters_of_the_config_can_be_replaced(folder):
    config = ASTConfig.from_pretrained(folder, num_labels=9, hidden_dropout_prob=0.2)
    assert (config.num_labels, config.hidden_dropout_prob) == (9, 0.2)
    assert config.id2label[8] == "LABEL_8"
