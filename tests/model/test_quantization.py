"""Products of 8-bit integers: how near they are to float32, what they explain, where they stop."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ast_demo import AudioClassifier, load_audio
from ast_demo.__main__ import main
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.explain.faithfulness import randomized_relevance
from ast_demo.model import device, quantization
from ast_demo.ui.explore.payload import model_facts
from ast_demo.ui.model_tab import place

CPU = torch.device("cpu")
EXAMPLES = sorted((BUNDLED_FOLDER / "examples").glob("*.flac"))
SIREN = BUNDLED_FOLDER / "examples" / "siren.flac"
SCORE = 0.03  # how far a score may be from float32's
MAP = 0.05  # how far a map may be, of its largest value

needs_vnni = pytest.mark.skipif(
    not quantization.multiplies_exactly(),
    reason="int8 is refused on this processor, and that is tested",
)


@pytest.fixture(scope="module")
def whole():
    return AudioClassifier.load(device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def rounded():
    return AudioClassifier.load(device="cpu", dtype="int8")


@pytest.fixture(scope="module")
def both(whole, rounded):
    """The same sound explained in float32 and in int8."""
    sound = load_audio(SIREN)
    return whole.explain(sound), rounded.explain(sound)


def linear(inputs=96, outputs=40, bias=True):
    torch.manual_seed(0)
    layer = nn.Linear(inputs, outputs, bias=bias).requires_grad_(False)
    nn.init.normal_(layer.weight)
    return layer


def furthest(one, other):
    return float(np.abs(one - other).max() / np.abs(one).max())


# One layer


def by_hand(layer, inputs):
    """Round weights by output and inputs by token to 127ths of the largest, in float64."""

    def rounded(rows):
        step = rows.abs().amax(-1, keepdim=True) / 127
        return torch.where(step > 0, (rows / step).round() * step, 0.0)

    return rounded(inputs.double()) @ rounded(layer.weight.double()).T


@needs_vnni
@pytest.mark.parametrize("shape", [(96,), (3, 96), (2, 70, 96)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_product_is_that_of_rounded_weights_and_tokens(shape, bias):
    layer, inputs = (
        linear(bias=bias),
        torch.randn(shape, generator=torch.Generator().manual_seed(1)),
    )
    expected = by_hand(layer, inputs) + (layer.bias if bias else 0)
    with torch.inference_mode():
        actual = quantization.Int8Linear(layer)(inputs)
    assert actual.shape == expected.shape
    difference = (actual - expected).abs().max().item()
    assert difference < 1e-4, f"largest difference {difference:.3g}"


@needs_vnni
def test_a_loud_token_does_not_coarsen_a_quiet_one():
    inputs = torch.randn(2, 96, generator=torch.Generator().manual_seed(1))
    layer, louder = quantization.Int8Linear(linear()), inputs * torch.tensor([[1.0], [1e4]])
    torch.testing.assert_close(layer(louder)[0], layer(inputs)[0])


@needs_vnni
def test_a_token_of_zeros_gives_the_bias():
    layer = linear()
    assert torch.equal(quantization.Int8Linear(layer)(torch.zeros(1, 96))[0], layer.bias)


@needs_vnni
def test_what_is_not_finite_stays_so():
    inputs = torch.zeros(2, 96)
    inputs[0, 3] = float("nan")
    found = quantization.Int8Linear(linear())(inputs)
    assert not found[0].isfinite().any()
    assert found[1].isfinite().all()


@needs_vnni
def test_gradients_are_those_of_the_rounded_weights():
    layer = linear()
    inputs = torch.randn(3, 96, requires_grad=True)
    quantization.Int8Linear(layer)(inputs).square().sum().backward()
    gradient, inputs.grad = inputs.grad, None
    step = layer.weight.abs().amax(1, keepdim=True) / 127
    F.linear(inputs, (layer.weight / step).round() * step, layer.bias).square().sum().backward()
    torch.testing.assert_close(gradient, inputs.grad, rtol=1e-4, atol=1e-3)


# The classifier


@needs_vnni
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_best_label_is_that_of_float32_and_the_scores_are_near(whole, rounded, file):
    sound = load_audio(file)
    expected, actual = whole.classify(sound), rounded.classify(sound)
    assert actual.top(1)[0][0] == expected.top(1)[0][0]
    difference = max(abs(expected.scores[label] - actual.scores[label]) for label in whole.labels)
    assert difference < SCORE, f"largest difference {difference:.3g}"


@needs_vnni
@pytest.mark.parametrize(
    "explained",
    [
        lambda explanation: explanation.rollout,
        lambda explanation: explanation.attention(layer=2),
        lambda explanation: explanation.attention(layer=1, head=0, token=40),
        lambda explanation: explanation.relevance("Siren"),
    ],
    ids=["rollout", "layer", "token", "relevance"],
)
def test_every_map_is_near_that_of_float32(both, explained):
    expected, actual = (explained(explanation) for explanation in both)
    assert furthest(expected, actual) < MAP


@needs_vnni
def test_windows_together_score_as_one_by_one(rounded):
    sounds = [load_audio(file) for file in EXAMPLES[:3]]
    for sound, together in zip(sounds, rounded.classify_batch(sounds)):
        alone = rounded.classify(sound).scores
        assert together.scores == pytest.approx(alone, abs=SCORE)


@needs_vnni
def test_a_timeline_is_near_that_of_float32(whole, rounded):
    expected, actual = (each.timeline(SIREN, hop_seconds=1.0) for each in (whole, rounded))
    assert np.abs(expected.scores - actual.scores).max() < SCORE


@needs_vnni
def test_only_the_layers_are_rounded_and_no_weight_is_lost(whole, rounded):
    kinds = {
        type(module) for module in rounded.model.audio_spectrogram_transformer.layers.modules()
    }
    assert quantization.Int8Linear in kinds
    assert not any(issubclass(kind, nn.Linear) for kind in kinds)
    assert isinstance(rounded.model.classifier.dense, nn.Linear)
    assert rounded.model.num_parameters() == whole.model.num_parameters()


@needs_vnni
def test_the_page_tells_the_dtype(rounded):
    assert rounded.dtype == torch.int8
    assert place(rounded).startswith("cpu in int8: ")
    assert model_facts(rounded)["dtype"] == "int8"


@needs_vnni
def test_the_randomization_test_runs(both):
    assert torch.isfinite(randomized_relevance(both[1], "Siren")).all()


@needs_vnni
@pytest.mark.parametrize("command", ["classify", "explain", "timeline"])
def test_every_command_takes_it(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # explain draws a figure
    assert main([command, str(SIREN), "--device", "cpu", "--dtype", "int8"]) == 0
    assert "Siren" in capsys.readouterr().out


# Where it is not to be had


def test_it_is_never_the_automatic_dtype(monkeypatch):
    monkeypatch.setattr(device, "bfloat16_gain", lambda: 0.5)
    assert device.choose_dtype("auto", CPU) == torch.float32


@pytest.mark.parametrize("dtype", ["int8", "torch.int8", torch.int8])
def test_another_device_is_refused_by_name(dtype):
    with pytest.raises(ValueError, match=r"^dtype is 'int8', .* device 'cuda:0': add device='cpu'"):
        device.choose_dtype(dtype, torch.device("cuda:0"))


def test_a_processor_without_exact_products_is_refused(monkeypatch):
    monkeypatch.setattr(quantization, "multiplies_exactly", lambda: False)
    with pytest.raises(ValueError, match=r"^dtype is 'int8', .* use dtype='auto'\.$"):
        AudioClassifier.load(device="cpu", dtype="int8")


def test_products_that_overflow_are_found(monkeypatch):
    """As on a processor that adds two products in 16 bits."""

    def saturating(layer):
        return lambda inputs: F.linear(inputs, layer.weight).clamp(max=2.0**15)

    monkeypatch.setattr(quantization, "Int8Linear", saturating)
    assert quantization.multiplies_exactly.__wrapped__() is False


@needs_vnni
def test_it_is_not_saved(rounded, tmp_path):
    with pytest.raises(ValueError, match=r"^the model's dtype is int8, .* dtype='float32'"):
        rounded.model.save_pretrained(tmp_path)
    assert not list(tmp_path.iterdir())
