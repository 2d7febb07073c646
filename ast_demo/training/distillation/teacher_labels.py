"""What a teacher would call each crop: its feature map, read by a linear classifier of our labels.

The teacher names other labels than ours, if any. A logistic regression from the mean of its map to
the labels of the training clips turns it into a judge of every crop, of unlabelled clips too: which
label it resembles, and how surely. Each labelled clip is judged by a regression that has not seen
its recording, so that the judgement is the teacher's and not a memory of the label.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch.nn import functional as F

from ast_demo.training.data.clips import Clip
from ast_demo.training.distillation.soft_targets import SoftTargets

FOLDS = 4
WEIGHT_PENALTY = 3e-3  # of squared weights on standardized features
ITERATIONS = 200


class TeacherLabels:
    """Judge crops by the mean of the teacher's map over them.

    Args:
        teacher: maps of the training clips.
        clips: the training clips.
        targets: their labels, 0 or 1, (clips, labels); rows of zeros are unlabelled.
    """

    def __init__(self, teacher: SoftTargets, clips: Sequence[Clip], targets: torch.Tensor):
        means = teacher.means()
        labelled = targets.any(dim=1) & (teacher.steps > 0)
        self.centre = means[labelled].mean(dim=0)
        self.spread = means[labelled].std(dim=0).clamp(min=1e-6)
        folds = torch.tensor([zlib.crc32(clip.recording.encode()) % FOLDS for clip in clips])
        self.judge = torch.where(labelled, folds, FOLDS)  # the last judge has seen every label
        features = (means - self.centre) / self.spread
        weights = [
            fit_linear(features[chosen], targets[chosen])
            for chosen in (labelled & (folds != fold) for fold in range(FOLDS + 1))
        ]
        self.weights = torch.stack([weight for weight, _ in weights])
        self.biases = torch.stack([bias for _, bias in weights])

    def __call__(self, means: torch.Tensor, clips: torch.Tensor) -> torch.Tensor:
        """Return probabilities that sum to 1, (crops, labels).

        Args:
            means: mean of the teacher's map over each crop, (crops, coordinates).
            clips: index of each crop's clip.
        """
        judge = self.judge[clips]
        features = (means - self.centre) / self.spread
        logits = torch.einsum("ck,ckl->cl", features, self.weights[judge]) + self.biases[judge]
        return logits.softmax(dim=1)


def fit_linear(features: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit a logistic regression in which every label weighs the same.

    Args:
        features: standardized, (clips, coordinates).
        targets: 0 or 1, (clips, labels).

    Returns:
        weights (coordinates, labels) and biases (labels,).
    """
    share = targets / targets.sum(dim=1, keepdim=True).clamp(min=1)
    importance = share @ (1 / share.sum(dim=0).clamp(min=1))
    importance = importance / importance.sum()
    weight = torch.zeros(features.shape[1], targets.shape[1], requires_grad=True)
    bias = torch.zeros(targets.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        error = -(F.log_softmax(features @ weight + bias, dim=1) * share).sum(dim=1)
        loss = (error * importance).sum() + WEIGHT_PENALTY * weight.square().sum() / 2
        loss.backward()
        return loss

    optimizer.step(closure)
    return weight.detach(), bias.detach()
