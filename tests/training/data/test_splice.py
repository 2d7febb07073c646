"""Crops that begin or end with a piece of another clip."""

import torch

from ast_demo.training.data.augment import LOG_FLOOR, Augmenter
from ast_demo.training.data.batch import Batch
from ast_demo.training.data.splice import splice


def four_crops(frames=100):
    """Return a batch of steady sounds, each of another level and label."""
    level = torch.tensor([-1.0, -2.0, -3.0, -4.0])[:, None, None]
    return Batch(
        log_mel=level.expand(4, frames, 8).clone(),
        targets=torch.eye(4),
        weight=torch.ones(4),
        clips=torch.tensor([10, 11, 12, 13]),
        first_frames=torch.zeros(4, dtype=torch.long),
        partners=torch.full((4,), -1),
        asked=torch.ones(4),
        partner_frames=torch.zeros(4, 2, dtype=torch.long),
    )


def spliced(batch, seed, other=(1, 2, 3, 0), free=(True, True, False, False)):
    """Splice every free crop of a batch with the one after it."""
    change = Augmenter(torch.Generator().manual_seed(seed))
    return splice(batch, batch.log_mel, torch.tensor(other), torch.tensor(free), change, 1.0)


def test_a_spliced_crop_begins_or_ends_with_its_partner_whose_label_is_asked_by_its_length():
    batch, begun = four_crops(), set()
    for seed in range(20):
        changed = spliced(batch, seed)
        assert changed.partners.tolist() == [1, 2, -1, -1]
        for row, (first, end) in enumerate(changed.partner_frames[:2].tolist()):
            begun.add(first == 0)
            assert first == 0 or end == 100
            assert 3 <= end - first <= 45
            theirs = torch.zeros(100, dtype=torch.bool)
            theirs[first:end] = True
            assert (changed.log_mel[row, theirs] == batch.log_mel[row + 1, 0, 0]).all()
            assert (changed.log_mel[row, ~theirs] == batch.log_mel[row, 0, 0]).all()
            asked = (end - first) / (100 - end + first)
            wanted = torch.eye(4)[row] + torch.eye(4)[row + 1] * asked
            assert torch.allclose(changed.targets[row], wanted)
        assert torch.equal(changed.log_mel[2:], batch.log_mel[2:])
        assert torch.equal(changed.targets[2:], batch.targets[2:])
    assert begun == {True, False}


def test_nothing_is_spliced_over_the_part_that_can_be_heard():
    batch = four_crops()
    batch.log_mel[0] = LOG_FLOOR
    batch.log_mel[0, :2] = batch.log_mel[0, -2:] = 0.5  # a click at either end
    for seed in range(20):
        changed = spliced(batch, seed)
        kept = [(changed.log_mel[0, at] == 0.5).all().item() for at in (0, -1)]
        assert any(kept)
        batch.log_mel[0, -2:] = LOG_FLOOR  # and with one click only
        first = spliced(batch, seed)
        assert (first.log_mel[0, :2] == 0.5).all()
        batch.log_mel[0, -2:] = 0.5


def test_no_padding_is_left_between_a_sound_and_what_comes_after_it():
    batch = four_crops()
    batch.log_mel[:, 60:] = 0.0
    alone = batch.log_mel.masked_fill(batch.log_mel == 0.0, LOG_FLOOR)
    for seed in range(20):
        change = Augmenter(torch.Generator().manual_seed(seed))
        free = torch.tensor([True, True, True, False])
        changed = splice(batch, alone, torch.tensor([1, 2, 3, 0]), free, change, 1.0)
        for row, (first, _) in enumerate(changed.partner_frames[:3].tolist()):
            comes_after = changed.partners[row] >= 0 and first > 0
            assert (changed.log_mel[row] == 0.0).any() == (not comes_after)
