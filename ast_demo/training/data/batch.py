"""A batch of crops with all that is known of them."""

from __future__ import annotations

from typing import NamedTuple

import torch


class Batch(NamedTuple):
    """Crops with what should be said of them."""

    log_mel: torch.Tensor  # (batch, frames, mel_bins), augmented, not normalized
    targets: torch.Tensor  # (batch, labels), 0 to 1
    weight: torch.Tensor  # (batch,), 0 where the label cannot be heard
    clips: torch.Tensor  # index of the clip, -1 for made-up sound
    first_frames: torch.Tensor  # where in the clip the crop starts
    partners: torch.Tensor  # row of the crop that is heard beside this one, -1: none
    asked: torch.Tensor  # (batch,), how much of the partner's labels is asked, 0 to 1
    partner_frames: torch.Tensor  # (batch, 2), from where to where it alone is heard, if it is
