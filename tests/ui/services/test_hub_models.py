"""A model that a visitor names is small, public, on the Hub, and not one too many."""

from __future__ import annotations

import json

import pytest
from safetensors.torch import load, save

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.ui.services.hub_models import HubModels
from ast_demo.ui.services.limits import Limits
from ast_demo.ui.services.model_pool import ModelPool
from tests.checkpoint.test_hub import point_at
from tests.helpers.hub_server import COMMIT, loopback_hub
from tests.helpers.models import ours, save_ours

NAME = "someone/tiny-ast"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub with one small model."""
    folder = save_ours(tmp_path / "model")
    with loopback_hub() as server:
        server.files[NAME] = {p.name: p.read_bytes() for p in folder.iterdir()}
        point_at(server.endpoint, tmp_path / "cache", monkeypatch)
        yield server


def pool(**limits) -> ModelPool:
    return ModelPool(
        {"host": "nowhere"}, device="cpu", dtype="float32", hub=HubModels(Limits(**limits))
    )


def refusal(name=NAME, **limits) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (callers look at the sentence)
        pool(**limits).get(name)
    return str(caught.value)


def test_a_small_model_is_loaded_at_the_commit_that_was_checked(hub):
    classifier = pool().get(NAME)
    assert classifier.checkpoint.revision == COMMIT
    assert classifier.checkpoint.name == NAME


def test_without_the_hosts_leave_visitors_name_no_models(hub):
    with pytest.raises(ValueError, match="the model is 'someone/tiny-ast', expected one of: host"):
        ModelPool({"host": "nowhere"}).get(NAME)
    assert hub.requests == []


@pytest.mark.parametrize(
    "name",
    ["../secret", "/etc/passwd", "a/b/c", "owner/", "owner/name?x", "C:\\x", "~/model", "a b/c"],
)
def test_what_is_no_name_of_the_hub_is_refused_without_asking(hub, name):
    assert "expected one of: host" in refusal(name)
    assert hub.requests == []


def test_a_folder_of_the_host_is_not_the_visitors(hub, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours().save_pretrained(tmp_path / "someone" / "tiny-ast")
    assert refusal() == f"{NAME} is no model of the Hub: expected owner/name."


def test_weights_that_are_too_large_are_not_downloaded(hub):
    hub.files[NAME]["model.safetensors"] += bytes(2 << 20)
    sentence = refusal(hub_megabytes=1)
    assert sentence.startswith(f"model.safetensors of {NAME} has 2 MB, at most 1 MB are taken here")
    assert not hub.asked("GET", "model.safetensors")


def test_a_config_of_gigabytes_is_not_downloaded(hub):
    hub.files[NAME]["config.json"] += b" " * (17 << 20)
    assert "config.json of someone/tiny-ast has 17 MB, at most 16 MB" in refusal()
    assert not hub.asked("GET", "config.json")


def test_a_config_that_makes_a_giant_is_refused_before_memory_is_taken(hub):
    config = json.loads(hub.files[NAME]["config.json"])
    config |= {"hidden_size": 16384, "num_hidden_layers": 128, "intermediate_size": 65536}
    hub.files[NAME]["config.json"] = json.dumps(config).encode()
    sentence = refusal()
    assert "million weights, at most 128 million are taken here" in sentence
    assert not hub.asked("GET", "model.safetensors")


def in_parts(files: dict[str, bytes], sizes: list[int]) -> dict[str, bytes]:
    """Name parts of so many bytes in an index, in place of the weights."""
    parts = {f"model-{number}.safetensors": bytes(size) for number, size in enumerate(sizes)}
    index = {"weight_map": {name: name for name in parts}}
    kept = {name: content for name, content in files.items() if name != "model.safetensors"}
    return {**kept, **parts, "model.safetensors.index.json": json.dumps(index).encode()}


def test_parts_that_are_too_large_together_are_not_downloaded(hub):
    hub.files[NAME] = in_parts(hub.files[NAME], [900 << 10] * 5)
    sentence = refusal(hub_megabytes=1)
    assert sentence == (
        f"the 5 parts of the weights of {NAME} have 4 MB, at most 1 MB are taken here: "
        "choose a smaller model."
    )
    assert not hub.asked("GET", ".safetensors")


def test_parts_that_are_small_together_are_downloaded(hub):
    whole = load(hub.files[NAME]["model.safetensors"])
    hub.files[NAME] = in_parts(hub.files[NAME], [0, 0])
    for number in (0, 1):
        part = {key: whole[key] for key in sorted(whole)[number::2]}
        hub.files[NAME][f"model-{number}.safetensors"] = save(part)
    assert len(pool(hub_megabytes=1).get(NAME).checkpoint.weights_files) == 2


USUAL = {"model_type": "audio-spectrogram-transformer"}  # 87 M weights, 1214 tokens


def name_shape(hub, shape: dict) -> None:
    """Let the repository hold a config alone."""
    hub.files[NAME] = {"config.json": json.dumps({**USUAL, **shape}).encode()}


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (
            {"hidden_size": 256, "intermediate_size": 16, "num_hidden_layers": 128,
             "num_attention_heads": 64, "patch_size": 1, "frequency_stride": 1,
             "time_stride": 1, "num_mel_bins": 64},
            "has 283760 billion multiplications in a pass, at most 1500 billion are taken here",
        ),
        (
            {"hidden_size": 64, "intermediate_size": 8, "num_hidden_layers": 1,
             "num_attention_heads": 64, "frequency_stride": 4, "time_stride": 2},
            "has 13731 million attention weights in a pass, at most 6000 million are taken here",
        ),
        (
            {"hidden_size": 2, "intermediate_size": 65536, "num_hidden_layers": 1,
             "num_attention_heads": 1, "patch_size": 1, "frequency_stride": 8,
             "time_stride": 1},
            "has 9219 MB of activations when a label is explained, at most 6144 MB are taken here",
        ),
    ],
    ids=["many tokens", "many heads", "a wide layer"],
)  # fmt: skip
def test_a_model_of_few_weights_and_much_work_is_not_downloaded(hub, shape, words):
    name_shape(hub, shape)
    assert ASTConfig(**shape).num_parameters < 87_000_000
    assert refusal() == f"{NAME} {words}: choose a smaller model."
    assert not hub.asked("GET", ".safetensors")


@pytest.mark.parametrize(
    "shape",
    [{}, {"max_length": 2048}, {"frequency_stride": 5, "time_stride": 5}],
    ids=["usual", "twice the window", "half the stride"],
)
def test_the_work_of_real_checkpoints_is_within_the_bounds_with_room(hub, shape):
    name_shape(hub, shape)
    usual = Limits()
    less = {
        bound: getattr(usual, bound) * 3 // 4
        for bound in ("hub_parameters", "hub_work", "hub_attention", "hub_pass_megabytes")
    }
    assert refusal(**less).startswith(f"{NAME} has no model.safetensors")


def test_one_too_many_is_refused_and_names_those_that_are_there(hub):
    hub.files["someone/other"] = dict(hub.files[NAME])
    models = pool(hub_models=1)
    models.get(NAME)
    with pytest.raises(ValueError, match=f"1 models of the Hub are kept here.*{NAME}"):
        models.get("someone/other")
    assert models.get(NAME).checkpoint.name == NAME


@pytest.mark.parametrize(
    "shape", [{}, {"qkv_bias": False, "hidden_size": 24, "num_labels": 7, "time_stride": 3}]
)
def test_the_weights_of_a_shape_are_counted_without_building_it(shape):
    small = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 20, "max_length": 40, "num_mel_bins": 32}  # fmt: skip
    config = ASTConfig(**{**small, **shape})
    assert config.num_parameters == ASTForAudioClassification(config).num_parameters()
