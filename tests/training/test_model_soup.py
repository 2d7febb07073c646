"""The mean of the weights of several runs."""

import json

import pytest
import torch

from ast_demo import AudioClassifier
from ast_demo.__main__ import main
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.model_soup import model_soup


def checkpoint(folder, seed, mean=-4.0, labels=("low", "high"), **changes):
    """Write a small checkpoint drawn at random."""
    torch.manual_seed(seed)
    config = ASTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_length=64,
        id2label=dict(enumerate(labels)),
        **changes,
    )
    ASTForAudioClassification(config).save_pretrained(folder)
    ASTFeatureExtractor(max_length=64, mean=mean).save_pretrained(folder)
    return folder


def test_every_weight_is_the_mean_and_the_threshold_is_forgotten(tmp_path):
    folders = [
        checkpoint(tmp_path / str(seed), seed, abstention_threshold=0.1 * seed)
        for seed in (1, 2, 3)
    ]
    soup, extractor = model_soup(folders)
    parts = [AudioClassifier.load(folder, dtype="float32").model.state_dict() for folder in folders]
    assert parts[0].keys() == soup.state_dict().keys()
    for key, weight in soup.state_dict().items():
        expected = torch.stack([part[key].double() for part in parts]).mean(dim=0).float()
        assert torch.equal(weight, expected), key
    assert soup.config.abstention_threshold == 0.0
    assert extractor.mean == -4.0


def test_runs_that_differ_in_more_than_their_weights_are_refused(tmp_path):
    one = checkpoint(tmp_path / "one", 1)
    for change in ({"mean": -5.0}, {"labels": ("high", "low")}, {"layer_norm_eps": 1e-5}):
        other = checkpoint(tmp_path / "other", 2, **change)
        name = {"labels": "id2label, label2id"}.get(*change, *change)
        with pytest.raises(ValueError, match=f"differ in {name}: only runs of one model"):
            model_soup([one, other])
    with pytest.raises(ValueError, match="1 model is given, expected at least two"):
        model_soup([one])


def test_the_command_writes_a_checkpoint(tmp_path, capsys):
    folders = [str(checkpoint(tmp_path / str(seed), seed)) for seed in (1, 2)]
    assert main(["soup", *folders, "-o", str(tmp_path / "soup")]) == 0
    assert "the mean of 2 checkpoints" in capsys.readouterr().out
    assert json.loads((tmp_path / "soup" / "config.json").read_text())["max_length"] == 64
    assert AudioClassifier.load(tmp_path / "soup").labels == ["low", "high"]
