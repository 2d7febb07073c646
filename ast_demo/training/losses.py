"""Losses of a batch: against labels, and against what a teacher hears."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from ast_demo.features.patches import PatchGrid
from ast_demo.training.crops import CropEncoding
from ast_demo.training.data.batch import Batch
from ast_demo.training.distillation.soft_targets import SoftTargets

SMOOTHING = 0.02  # of targets: 0.98 instead of 1, for calm sigmoids
SMOOTHED_LABELS = 40  # labels that share it: 0.0005 instead of 0 for each of them
LEAST_TARGETS = 1e-6  # sum of a clip's targets: one without labels is divided by it and stays 0


def label_loss(
    logits: torch.Tensor, targets: torch.Tensor, problem_type: str | None
) -> torch.Tensor:
    """Return each clip's loss, (batch,).

    Labels that exclude each other are a choice. Those that may overlap are asked one by one, and
    as a choice too: sums over dozens of mostly absent labels say little about which one it is.
    """
    choice = targets / targets.sum(dim=1, keepdim=True).clamp(min=LEAST_TARGETS)
    chosen = -(F.log_softmax(logits, dim=1) * choice).sum(dim=1)
    if problem_type != "multi_label_classification":
        return chosen
    smooth = targets * (1 - SMOOTHING) + SMOOTHING / SMOOTHED_LABELS
    each = F.binary_cross_entropy_with_logits(logits, smooth, reduction="none").sum(dim=1)
    return each + chosen


def weighted_mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the mean of the clips' losses, those of weight 0 left out."""
    return (values * weights).sum() / weights.sum().clamp(min=1)


class DenseErrors(NamedTuple):
    """How far a student is from its teacher, as shares of the map's variance, on which crops."""

    patches: torch.Tensor  # error at the patches
    mean: torch.Tensor  # error of the mean
    heard: torch.Tensor  # whether the teacher has heard a crop, bool (batch,), on the CPU
    means: torch.Tensor  # mean of the teacher's map over each crop alone, (batch, coordinates), too


def dense_errors(
    heads: nn.ModuleDict,
    encoded: CropEncoding,
    batch: Batch,
    teacher: SoftTargets,
    num_frames: torch.Tensor,
    window: PatchGrid,
) -> DenseErrors:
    """Compare what the encoder says of crops with the teacher's map, those with partners left out.

    Args:
        heads: "map" reads the teacher's coordinates from patches, "mean" from the pooled vector.
        encoded: what the encoder says of the crops.
        batch: the crops.
        teacher: soft targets of the training clips.
        num_frames: frames of each training clip.
        window: the model's grid.
    """
    device = encoded.pooled.device
    grid = dataclasses.replace(window, max_length=batch.log_mel.shape[1])
    known = num_frames[batch.clips.clamp(min=0)]
    wanted, heard = teacher.at_patches(batch.clips, batch.first_frames, known, grid)
    whole, any_heard = mean_map(wanted, heard), heard.any(dim=1)
    spliced = batch.partner_frames[:, 1] > batch.partner_frames[:, 0]
    if spliced.any():
        wanted, heard = spliced_maps(wanted, heard, batch, grid)
    alone = heard & ((batch.partners < 0) | spliced)[:, None]
    where = alone[:, None, :].expand(wanted.shape[:3]).flatten(1).to(device)
    patches = wanted.flatten(1, 2).to(device)
    if encoded.kept is not None:
        patches = patches.gather(1, encoded.kept[..., None].expand(-1, -1, teacher.width))
        where = where.gather(1, encoded.kept)
    error = (heads["map"](encoded.patches.float()) - patches).square().sum(dim=-1)
    of_patches = weighted_mean(error, where) / teacher.variance
    means = mean_map(wanted, heard).to(device)
    error = (heads["mean"](encoded.pooled.float()) - means).square().sum(dim=-1)
    of_mean = weighted_mean(error, alone.any(dim=1).to(device)) / teacher.variance
    return DenseErrors(of_patches, of_mean, any_heard, whole)


def mean_map(maps: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
    """Return the mean over the heard columns, (batch, coordinates); shapes as `at_patches` has."""
    share = heard.float() / heard.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.einsum("cftk,ct->ck", maps, share) / maps.shape[1]


def spliced_maps(
    wanted: torch.Tensor, heard: torch.Tensor, batch: Batch, grid: PatchGrid
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the teacher's map where a crop begins or ends with a piece of its partner's.

    Args:
        wanted: map of each crop alone, (batch, freq_patches, time_patches, coordinates).
        heard: whether a column holds sound the teacher has heard, bool (batch, time_patches).
        batch: the crops.
        grid: their patches; those that see both sounds are not asked.
    """
    first = torch.arange(grid.time_patches) * grid.time_stride
    start, end = batch.partner_frames[:, :1], batch.partner_frames[:, 1:]
    theirs = (first >= start) & (first + grid.patch_size <= end)
    touched = (first < end) & (first + grid.patch_size > start)
    partners = batch.partners.clamp(min=0)
    wanted = torch.where(theirs[:, None, :, None], wanted[partners], wanted)
    return wanted, torch.where(theirs, heard[partners], heard & ~touched)
