"""The running mean of a network's weights."""

import contextlib

import pytest
import torch
from torch import nn

from ast_demo.training.weight_average import WeightAverage


@pytest.fixture
def network():
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 0.0)
    return layer


def test_the_mean_keeps_its_decay_once_it_is_warm(network):
    average = WeightAverage(network, decay=0.9)
    nn.init.constant_(network.weight, 1.0)
    average.update(steps=10_000)
    assert average.weights["weight"].item() == pytest.approx(0.1)


def test_the_first_weights_are_forgotten_sooner(network):
    average = WeightAverage(network, decay=0.999)
    nn.init.constant_(network.weight, 1.0)
    average.update(steps=1)
    assert average.weights["weight"].item() == pytest.approx(1 - 2 / 21)


def test_the_live_weights_come_back_even_after_an_error(network):
    average = WeightAverage(network, decay=0.9)
    nn.init.constant_(network.weight, 5.0)
    with contextlib.suppress(KeyError), average.applied():
        assert network.weight.item() == 0.0
        raise KeyError
    assert network.weight.item() == 5.0
    assert torch.equal(average.weights["weight"], torch.zeros(1, 1))
