"""Products on a CPU: the faster library, the same numbers, and only where it may be used."""

import pytest
import torch
from torch import nn

from ast_demo.model import matmul


@pytest.fixture
def linear():
    torch.manual_seed(0)
    return matmul.Linear(96, 40)


@pytest.mark.parametrize("shape", [(96,), (3, 96), (2, 70, 96)])
def test_both_libraries_give_the_same_product(linear, monkeypatch, shape):
    inputs = torch.randn(shape)
    expected = inputs.double() @ linear.weight.double().T + linear.bias.double()
    for gain in (0, 9):
        monkeypatch.setattr(matmul, "onednn_gain", lambda gain=gain: gain)
        with torch.inference_mode():
            difference = (linear(inputs).double() - expected).abs().max().item()
        assert difference < 1e-5, f"gain {gain}: largest difference {difference:.3g}"


def called(monkeypatch):
    """Count the products that oneDNN is asked for, where it measures much faster."""
    monkeypatch.setattr(matmul, "onednn_gain", lambda: 9)
    calls = []
    product = matmul.onednn_linear
    monkeypatch.setattr(matmul, "onednn_linear", lambda *given: calls.append(1) or product(*given))
    return calls


def test_onednn_makes_the_product_where_no_gradients_are_recorded(linear, monkeypatch):
    calls = called(monkeypatch)
    with torch.no_grad():
        linear(torch.randn(3, 96))
    assert len(calls) == 1


def test_gradients_autocast_and_other_dtypes_keep_torchs_own_product(linear, monkeypatch):
    calls = called(monkeypatch)
    inputs = torch.randn(3, 96)
    linear(inputs).sum().backward()
    assert linear.weight.grad is not None
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert linear(inputs).dtype == torch.bfloat16
    with torch.no_grad():
        linear.double()(inputs.double())
    assert not calls


def test_a_slower_onednn_is_not_used(linear, monkeypatch):
    calls = called(monkeypatch)
    monkeypatch.setattr(matmul, "onednn_gain", lambda: matmul.ONEDNN_GAIN - 0.01)
    with torch.no_grad():
        linear(torch.randn(3, 96))
    assert not calls


def test_the_gain_is_a_ratio_of_times(monkeypatch):
    def timed(usual, onednn):
        assert torch.allclose(usual(), onednn())
        return [0.03, 0.01]

    monkeypatch.setattr(matmul, "fastest", timed)
    assert matmul.onednn_gain.__wrapped__() == pytest.approx(3.0)


def test_the_fastest_of_several_turns_counts(monkeypatch):
    now = 0.0
    turns = iter([9.0, 0.25, 0.125, 0.5])  # the first one is not timed

    def work():
        nonlocal now
        now += next(turns)

    monkeypatch.setattr(matmul.time, "perf_counter", lambda: now)
    assert matmul.fastest(work, repeats=3) == [0.125]


def test_a_linear_layer_is_still_one_for_everyone_else(linear):
    assert isinstance(linear, nn.Linear)
    assert set(linear.state_dict()) == {"weight", "bias"}
