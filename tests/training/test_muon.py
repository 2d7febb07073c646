"""Muon's orthogonalized steps."""

import pytest
import torch

from ast_demo.training.muon import orthogonalize


@pytest.mark.parametrize("shape", [(2, 24, 24), (1, 16, 40), (3, 40, 16)])
def test_orthogonalizing_brings_singular_values_near_one(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    values = torch.linalg.svdvals(orthogonalize(matrices))
    assert values.min() > 0.5
    assert values.max() < 1.3
