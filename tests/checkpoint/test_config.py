"""config.json is read as people write it, refused where it cannot work, and written for others."""

from __future__ import annotations

import json

import pytest
import torch
import transformers

from ast_demo.checkpoint.config import ACTIVATION_NAMES, LARGEST, PROBLEM_TYPES, ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from tests.helpers.models import TINY

# As fine-tunes of the published checkpoints write it.
PUBLISHED = {
    "_name_or_path": "owner/repository",
    "architectures": ["ASTForAudioClassification"],
    "attention_probs_dropout_prob": 0.0,
    "frequency_stride": 10,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "hidden_size": 768,
    "id2label": {"0": "backward", "1": "follow", "10": "tree", "2": "five", "3": "bed", "4": "zero",
                 "5": "on", "6": "learn", "7": "two", "8": "house", "9": "dog"},
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "label2id": {"backward": "0", "bed": "3", "dog": "9", "five": "2", "follow": "1", "house": "8",
                 "learn": "6", "on": "5", "tree": "10", "two": "7", "zero": "4"},
    "layer_norm_eps": 1e-12,
    "max_length": 128,
    "model_type": "audio-spectrogram-transformer",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "num_mel_bins": 128,
    "patch_size": 16,
    "problem_type": "single_label_classification",
    "qkv_bias": True,
    "return_dict": True,
    "time_stride": 10,
    "torch_dtype": "float32",
    "transformers_version": "4.45.2",
}  # fmt: skip
SHAPE = [*LARGEST, "hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob"]
SHAPE += ["initializer_range", "layer_norm_eps", "qkv_bias"]


def refusal(**values) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the messages are looked at
        ASTConfig(**values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_default_is_that_of_the_reference():
    ours, theirs = ASTConfig(), transformers.ASTConfig()
    for name in [*SHAPE, "num_labels", "id2label", "label2id", "problem_type"]:
        assert getattr(ours, name) == getattr(theirs, name), name


def test_a_published_file_is_read():
    config = ASTConfig.from_dict(PUBLISHED)
    assert config.max_length == 128
    assert config.num_labels == 11
    assert config.problem_type == "single_label_classification"
    assert not hasattr(config, "transformers_version")


def test_label_keys_written_as_text_are_sorted_as_numbers():
    config = ASTConfig.from_dict(PUBLISHED)
    assert [*config.id2label] == [*range(11)]
    assert config.id2label[10] == "tree"
    assert config.id2label[2] == "five"


def test_label_indices_written_as_text_become_numbers():
    assert ASTConfig.from_dict(PUBLISHED).label2id["tree"] == 10


def test_labels_that_are_numbers_become_text():
    config = ASTConfig.from_dict({"id2label": {"0": 0, "1": 1.5, "2": True}, "num_labels": 7})
    assert config.id2label == {0: "0", 1: "1.5", 2: "True"}
    assert config.label2id == {"0": 0, "1.5": 1, "True": 2}


@pytest.mark.parametrize("absent", [{}, {"id2label": None}, {"id2label": None, "label2id": None}])
def test_without_labels_there_are_two(absent):
    config = ASTConfig.from_dict(absent)
    assert config.id2label == {0: "LABEL_0", 1: "LABEL_1"}
    assert config.label2id == {"LABEL_0": 0, "LABEL_1": 1}


def test_num_labels_alone_names_them_as_the_reference_does():
    assert ASTConfig(num_labels=3).id2label == transformers.ASTConfig(num_labels=3).id2label


def test_label2id_alone_gives_id2label():
    config = ASTConfig.from_dict({"label2id": {"dog": "1", "cat": "0"}})
    assert config.id2label == {0: "cat", 1: "dog"}


def test_no_labels_at_all_survive_a_round_trip():
    config = ASTConfig(num_labels=0)
    assert config.id2label == {}
    assert ASTConfig.from_dict(json.loads(json.dumps(config.to_dict()))).num_labels == 0


@pytest.mark.parametrize(
    "labels",
    [{}, {"num_labels": 1}, {"num_labels": 5}, {"id2label": {0: "naïve", 1: "雨", 2: 'a "b"\n'}}],
    ids=["default", "one", "five", "named"],
)
def test_files_go_through_the_reference_and_back(tmp_path, labels):
    config = ASTConfig(**TINY, **labels, qkv_bias=False, problem_type="regression")
    config.save_pretrained(tmp_path / "ours")
    transformers.ASTConfig.from_pretrained(tmp_path / "ours").save_pretrained(tmp_path / "theirs")
    assert ASTConfig.from_pretrained(tmp_path / "theirs") == config
    assert ASTConfig.from_pretrained(tmp_path / "ours") == config


@pytest.mark.parametrize("problem_type", [None, *PROBLEM_TYPES])
def test_the_problem_type_survives_a_round_trip(problem_type):
    written = json.dumps(ASTConfig(problem_type=problem_type).to_dict())
    assert ASTConfig.from_dict(json.loads(written)).problem_type == problem_type


def test_the_threshold_of_abstaining_goes_through_the_reference_and_back(tmp_path):
    ASTConfig(**TINY, abstention_threshold=0.375).save_pretrained(tmp_path / "ours")
    transformers.ASTConfig.from_pretrained(tmp_path / "ours").save_pretrained(tmp_path / "theirs")
    assert ASTConfig.from_pretrained(tmp_path / "theirs").abstention_threshold == 0.375
    assert "abstention_threshold" not in ASTConfig(**TINY).to_dict()


def test_num_labels_is_never_written():
    assert "num_labels" not in ASTConfig(num_labels=9).to_dict()


@pytest.mark.parametrize("model_type", ["wav2vec2", "", None, 3, ["audio-spectrogram-transformer"]])
def test_another_architecture_is_refused_by_name(model_type):
    with pytest.raises(ValueError, match="model_type") as caught:
        ASTConfig.from_dict({**PUBLISHED, "model_type": model_type})
    assert repr(model_type) in str(caught.value)
    assert "audio-spectrogram-transformer" in str(caught.value)


@pytest.mark.parametrize("name", LARGEST)
@pytest.mark.parametrize("value", [0, -1, 2.5, 16.0, "16", None, True, [16], float("nan"), 10**9])
def test_a_size_that_is_no_whole_number_in_bounds_is_refused_by_name(name, value):
    message = refusal(**{name: value})
    assert f"{name} is {value!r}" in message
    assert f"from 1 to {LARGEST[name]}" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in (
            "hidden_dropout_prob",
            "attention_probs_dropout_prob",
            "abstention_threshold",
            "initializer_range",
            "layer_norm_eps",
        )
        for value in (-0.1, 1.5, "0.1", None, True, float("nan"), float("inf"))
    ]
    + [("layer_norm_eps", 0.0), ("qkv_bias", 1), ("qkv_bias", "true"), ("qkv_bias", None)],
)
def test_a_number_out_of_range_is_refused_by_name(name, value):
    assert f"{name} is {value!r}" in refusal(**{name: value})


@pytest.mark.parametrize("value", ["tanh", "GELU", "", None, 3, ["gelu"], {"gelu": 1}])
def test_an_unknown_activation_is_refused_with_the_known_ones(value):
    message = refusal(hidden_act=value)
    assert f"hidden_act is {value!r}" in message
    assert all(name in message for name in ACTIVATION_NAMES)


@pytest.mark.parametrize("value", ["multi_label", "", 1, ["regression"], {}])
def test_an_unknown_problem_type_is_refused_with_the_known_ones(value):
    message = refusal(problem_type=value)
    assert f"problem_type is {value!r}" in message
    assert all(name in message for name in PROBLEM_TYPES)


def test_heads_that_do_not_divide_the_width_are_refused_with_both():
    message = refusal(hidden_size=768, num_attention_heads=7)
    assert "768" in message
    assert "num_attention_heads 7" in message


@pytest.mark.parametrize("name", ["num_mel_bins", "max_length"])
def test_less_than_one_patch_is_refused_by_name(name):
    message = refusal(**{name: 15})
    assert f"{name} is 15" in message
    assert "patch_size 16" in message


BAD_LABELS = {
    "a gap": ({"id2label": {0: "a", 2: "b"}}, "without gaps"),
    "not from zero": ({"id2label": {1: "a", 2: "b"}}, "without gaps"),
    "negative": ({"id2label": {-1: "a", 0: "b"}}, "without gaps"),
    "twice": ({"id2label": {"0": "a", 0: "b"}}, "without gaps"),
    "a key in words": ({"id2label": {"zero": "a"}}, "'zero'"),
    "a broken key": ({"id2label": {0.5: "a"}}, "0.5"),
    "a truth as key": ({"id2label": {True: "a"}}, "True"),
    "a huge key": ({"id2label": {"9" * 5000: "a"}}, "whole number"),
    "a list": ({"id2label": ["a", "b"]}, "mapping"),
    "a text": ({"id2label": "a"}, "mapping"),
    "a nested label": ({"id2label": {0: {"name": "a"}}}, "expected text"),
    "no label": ({"id2label": {0: None}}, "expected text"),
    "a list by label": ({"label2id": ["a"]}, "label2id is ['a']"),
    "an index in words": ({"label2id": {"a": "zero"}}, "label2id has the index 'zero'"),
    "another count": ({"id2label": {0: "a"}, "num_labels": 3}, "num_labels is 3"),
    "a negative count": ({"num_labels": -1}, "num_labels is -1"),
    "a broken count": ({"num_labels": 2.5}, "num_labels is 2.5"),
    "a count in words": ({"num_labels": "2"}, "num_labels is '2'"),
    "a huge count": ({"num_labels": 10**9}, "num_labels is 1000000000"),
}


@pytest.mark.parametrize(("values", "named"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_that_cannot_be_are_refused(values, named):
    assert named in refusal(**values)


def test_a_message_does_not_quote_a_whole_file():
    nested = json.loads("[" * 500 + "]" * 500)
    assert len(refusal(hidden_size="9" * 100_000)) < 300
    assert len(refusal(problem_type=nested)) < 400
    assert len(refusal(id2label=dict.fromkeys(range(1, 10000), "a"))) < 400


@pytest.mark.parametrize(
    "values",
    [
        {"max_length": 2**16, "num_mel_bins": 2**10},
        {"max_length": 2**16, "frequency_stride": 1, "time_stride": 1},
        {"patch_size": 1, "frequency_stride": 1, "time_stride": 1},
    ],
)
def test_sizes_that_exhaust_the_memory_together_are_refused(values):
    assert "expected at most" in refusal(**values)


def test_a_function_as_activation_cannot_be_written():
    config = ASTConfig(hidden_act=torch.tanh)
    with pytest.raises(ValueError, match=r"hidden_act is the function .*gelu, relu"):
        config.to_dict()


@pytest.mark.parametrize(("width", "heads", "head_dim"), [(768, 12, 64), (32, 32, 1), (32, 1, 32)])
def test_the_width_of_a_head(width, heads, head_dim):
    assert ASTConfig(hidden_size=width, num_attention_heads=heads).head_dim == head_dim


def test_a_config_without_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"has no config\.json"):
        ASTConfig.from_pretrained(tmp_path)
