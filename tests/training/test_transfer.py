"""Position embeddings for another window."""

import torch

from ast_demo.features.patches import PatchGrid
from ast_demo.training.transfer import resize_positions


def test_fewer_positions_are_the_middle_and_as_many_are_the_same():
    old, new = PatchGrid(max_length=128), PatchGrid(max_length=64)
    positions = torch.randn(1, old.num_tokens, 4)
    assert torch.equal(resize_positions(positions, old, old), positions)
    fewer = resize_positions(positions, old, new)
    start = (old.time_patches - new.time_patches) // 2
    for f, t in ((0, 0), (11, new.time_patches - 1)):
        assert torch.equal(fewer[0, new.token(f, t)], positions[0, old.token(f, start + t)])
