"""Operators of torch that reach oneDNN: without them everything still answers, and the same."""

import types

import numpy as np
import pytest
import torch

from ast_demo import AudioClassifier, load_audio
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.model import matmul, onednn

SIREN = BUNDLED_FOLDER / "examples" / "siren.flac"
FAULTS = ("missing", "other arguments")


def take_away(monkeypatch, fault):
    """Run with a torch whose private operators are not there, or want something else."""
    operators = types.SimpleNamespace()
    if fault == "other arguments":
        for name in ("_linear_pointwise", "qlinear_prepack", "qlinear_pointwise"):
            setattr(operators, name, lambda only: only)
    for name in ("mkldnn", "onednn"):
        monkeypatch.setattr(torch.ops, name, operators)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("bias", [None, torch.linspace(-1, 1, 40)])
def test_a_linear_layer_falls_back_to_torchs_own(monkeypatch, fault, bias):
    left, right = torch.randn(3, 96), torch.randn(40, 96)
    expected = onednn.onednn_linear(left, right, bias)
    take_away(monkeypatch, fault)
    torch.testing.assert_close(onednn.onednn_linear(left, right, bias), expected)


@pytest.mark.parametrize("fault", FAULTS)
def test_whole_numbers_are_multiplied_exactly_without_onednn(monkeypatch, fault):
    take_away(monkeypatch, fault)
    generator = torch.Generator().manual_seed(0)
    steps = torch.randint(0, 256, (2, 5, 96), dtype=torch.uint8, generator=generator)
    weight = torch.randint(-127, 128, (40, 96), dtype=torch.int8, generator=generator)
    found = onednn.int8_linear(steps, 128, onednn.pack_int8(weight), torch.full((40,), 0.5))
    assert torch.equal(found, (steps.double() - 128).float() @ weight.T.float() * 0.5)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_a_classifier_explains_the_same_without_onednn(monkeypatch, fault, dtype):
    """With a gain measured before, so that the model asks for oneDNN wherever it may."""
    monkeypatch.setattr(matmul, "onednn_gain", lambda: 9)
    sound = load_audio(SIREN)

    def explain():
        found = AudioClassifier.load(device="cpu", dtype=dtype).explain(sound)
        return found.scores, found.rollout, found.relevance(next(iter(found.scores)))

    scores, *maps = explain()
    take_away(monkeypatch, fault)
    found_scores, *found_maps = explain()
    assert found_scores == pytest.approx(scores, abs=1e-3)
    for found, expected in zip(found_maps, maps):
        np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())
