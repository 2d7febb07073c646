"""The command that writes any checkpoint as a folder."""

import pytest
import torch
import transformers

from ast_demo.__main__ import main
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification

SHAPE = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_length": 32,
    "num_mel_bins": 32,
    "num_labels": 3,
}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "source"
    ASTForAudioClassification(ASTConfig(**SHAPE)).save_pretrained(folder)
    ASTFeatureExtractor(max_length=32, num_mel_bins=32, mean=-6.0).save_pretrained(folder)
    return folder


def test_an_exported_folder_opens_in_transformers_with_the_same_logits(folder, tmp_path, capsys):
    target = tmp_path / "target"
    assert main(["export", str(folder), "-o", str(target)]) == 0
    assert "3 labels" in capsys.readouterr().out
    inputs = torch.randn(1, 32, 32)
    ours = ASTForAudioClassification.from_pretrained(folder)(inputs).logits
    theirs = transformers.ASTForAudioClassification.from_pretrained(target).eval()(inputs).logits
    torch.testing.assert_close(theirs, ours, atol=1e-5, rtol=0)
    assert transformers.ASTFeatureExtractor.from_pretrained(target).mean == -6.0


def test_export_converts_the_dtype(folder, tmp_path):
    target = tmp_path / "half"
    assert main(["export", str(folder), "-o", str(target), "--dtype", "float16"]) == 0
    assert ASTForAudioClassification.from_pretrained(target, dtype="auto").dtype == torch.float16


def test_export_replaces_nothing_unasked(folder, capsys):
    before = (folder / "model.safetensors").read_bytes()
    assert main(["export", str(folder), "-o", str(folder), "--dtype", "float16"]) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert (folder / "model.safetensors").read_bytes() == before
