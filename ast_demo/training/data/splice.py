"""Crops that begin or end with a piece of another clip, as windows of a stream do."""

from __future__ import annotations

import torch

from ast_demo.training.data.augment import LOG_FLOOR, Augmenter, mix_targets
from ast_demo.training.data.batch import Batch

SPLICED = (0.03, 0.45)  # of the window that are the other clip's
KEPT_ENERGY = 0.3  # of a crop that must be left beside the other one
AUDIBLE = 0.15  # of the other crop's mean energy: a softer piece is not asked for its label


def splice(
    batch: Batch,
    alone: torch.Tensor,
    other: torch.Tensor,
    free: torch.Tensor,
    change: Augmenter,
    share: float,
) -> Batch:
    """Let some crops begin or end with a piece of another one, as windows of a stream do.

    The piece keeps its place in the window, so that a teacher's map of it stays true. Its labels
    are asked as far as it is shorter than the rest; where little would be left to hear of the crop
    itself nothing is done.

    Args:
        batch: crops with what should be said of them.
        alone: the crops without anything mixed in, LOG_FLOOR for padding.
        other: row of each crop's partner.
        free: which may get one, bool (batch,): nothing made up, and with no made-up partner.
        change: source of randomness.
        share: of the crops that get one.
    """
    count, frames, _ = alone.shape
    length = (change.uniform(count, *SPLICED) * frames).long()
    after = change.chance(count, 0.5)
    place = torch.arange(frames)[:, None]
    theirs = torch.where(after, place >= frames - length, place < length)[..., 0]
    energy = alone.exp().sum(dim=2)
    left = (energy * ~theirs).sum(dim=1) / energy.sum(dim=1).clamp(min=1e-9)
    chosen = free & (left >= KEPT_ENERGY) & change.chance(count, share).flatten()
    length = length.flatten()
    heard = (energy[other] * theirs).sum(dim=1) / length.clamp(min=1)
    heard = heard >= AUDIBLE * energy[other].mean(dim=1)
    known = (batch.weight[other] > 0) | ~batch.targets[other].any(dim=1)
    asked = length / (frames - length) * (heard & known)
    both = mix_targets(batch.targets, batch.targets[other] * asked[:, None])
    first = torch.where(after.flatten(), frames - length, 0)
    span = torch.stack([first, first + length], dim=1)
    ended = (batch.log_mel == 0).all(dim=2) & after[..., 0]  # the gap before what comes after
    mended = batch.log_mel.masked_fill(ended[..., None], LOG_FLOOR)
    spliced = torch.where(theirs[..., None], alone[other], mended)
    return batch._replace(
        log_mel=torch.where(chosen[:, None, None], spliced, batch.log_mel),
        targets=torch.where(chosen[:, None], both, batch.targets),
        partners=torch.where(chosen, other, batch.partners),
        asked=torch.where(chosen, asked, batch.asked),
        partner_frames=torch.where(chosen[:, None], span, batch.partner_frames),
    )
