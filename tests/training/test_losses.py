"""What a step minimizes about crops that hold pieces of two clips."""

import torch

from ast_demo.features.patches import PatchGrid
from ast_demo.training.data.batch import Batch
from ast_demo.training.losses import spliced_maps


def two_crops(*spans):
    """Return a batch of two crops, each with a piece of the other one in some frames."""
    zeros = torch.zeros(2)
    return Batch(
        log_mel=torch.zeros(2, 64, 128),
        targets=torch.eye(2),
        weight=zeros,
        clips=torch.arange(2),
        first_frames=torch.zeros(2, dtype=torch.long),
        partners=torch.tensor([1, 0]),
        asked=zeros,
        partner_frames=torch.tensor(spans),
    )


def test_a_piece_of_another_clip_has_that_clips_map_and_no_patch_across_the_edge_is_asked():
    grid = PatchGrid(max_length=64)  # columns of 16 frames from 0, 10, 20, 30 and 40 on
    wanted = torch.tensor([1.0, 2.0])[:, None, None, None].expand(2, 12, 5, 3)
    heard = torch.tensor([[True] * 5, [True, True, True, True, False]])
    maps, known = spliced_maps(wanted, heard, two_crops([30, 64], [0, 30]), grid)
    assert maps[0, 4, :, 1].tolist() == [1.0, 1.0, 1.0, 2.0, 2.0]
    # The third column lies across the edge; of the other's fifth nothing is known.
    assert known[0].tolist() == [True, True, False, True, False]
    assert maps[1, 4, :, 1].tolist() == [1.0, 1.0, 2.0, 2.0, 2.0]
    assert known[1].tolist() == [True, True, False, True, False]


def test_crops_without_a_piece_keep_their_map():
    grid = PatchGrid(max_length=64)
    wanted, heard = torch.rand(2, 12, 5, 3), torch.rand(2, 5) > 0.5
    maps, known = spliced_maps(wanted, heard, two_crops([0, 0], [0, 0]), grid)
    assert torch.equal(maps, wanted)
    assert torch.equal(known, heard)
