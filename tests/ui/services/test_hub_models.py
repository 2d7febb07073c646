"""A model that a visitor names is small, public, on the Hub, and not one too many."""

from __future__ import annotations

import json

import pytest

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
