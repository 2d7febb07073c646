"""Make scores say the truth: a score of 0.5 should be right about half the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from ast_demo.model.transformer import ASTForAudioClassification

LOWEST_SCALE, HIGHEST_SCALE = 0.2, 5.0  # beyond, a few clips would decide everything
FEWEST_CLIPS = 20  # to fit two numbers
UNKNOWN_SHARE = 0.2  # of what will be heard holds none of a model's labels, unless said otherwise
LEAST_SCORE = 1e-7  # float32 tells no smaller difference from 1
THRESHOLD_DECIMALS = 4  # of the score below which a checkpoint abstains


def fit_calibration(
    logits: np.ndarray, targets: np.ndarray, problem_type: str | None
) -> tuple[float, float]:
    """Return the factor and the shift of all logits that make scores fit held-out clips.

    Labels that may overlap: the score of the best label becomes the share of clips where it is
    right (Platt scaling). Labels that exclude each other: a temperature, and no shift. Neither
    changes which label is best.

    Args:
        logits: (clips, labels).
        targets: 0 or 1, (clips, labels).
        problem_type: as in config.json.
    """
    if len(logits) < FEWEST_CLIPS:
        return 1.0, 0.0
    best = logits.argmax(axis=1)[:, None]
    if problem_type == "multi_label_classification":
        scale, offset = fit_logistic(
            np.take_along_axis(logits, best, axis=1)[:, 0],
            np.take_along_axis(targets, best, axis=1)[:, 0],
        )
    else:
        scale, offset = fit_temperature(logits, targets), 0.0
    return float(np.clip(scale, LOWEST_SCALE, HIGHEST_SCALE)), offset


def fit_logistic(
    values: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Fit the share of right answers as sigmoid(factor * value + shift), the factor above 0.

    Args:
        values: one of each clip.
        right: 0 or 1, (clips,).
        weights: how much each clip counts; all the same by default.

    Source: Platt 1999, "Probabilistic outputs for support vector machines".
    """
    weights = np.ones(len(values)) if weights is None else weights * len(values) / weights.sum()
    # One imagined error and one imagined hit keep a perfect validation set from infinite factors.
    middle = np.average(values, weights=weights)
    points = torch.from_numpy(np.append(values, [middle, middle]).astype(np.float64))
    wanted = torch.from_numpy(np.append(right, [0.0, 1.0]).astype(np.float64))
    counted = torch.from_numpy(np.append(weights, [1.0, 1.0]))
    log_scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
    offset = torch.zeros((), dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        line = log_scale.exp() * points + offset
        return F.binary_cross_entropy_with_logits(line, wanted, counted)

    _minimize(loss, [log_scale, offset])
    return log_scale.exp().item(), offset.item()


def fit_temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """Return the factor of all logits, (clips, labels), with which a softmax fits the targets."""
    scores = torch.from_numpy(np.asarray(logits, np.float64))
    wanted = torch.from_numpy(np.asarray(targets, np.float64))
    share = wanted / wanted.sum(dim=1, keepdim=True).clamp(min=1)
    log_scale = torch.zeros((), dtype=torch.float64, requires_grad=True)

    def loss() -> torch.Tensor:
        return -(F.log_softmax(log_scale.exp() * scores, dim=1) * share).sum(dim=1).mean()

    _minimize(loss, [log_scale])
    return log_scale.exp().item()


def _minimize(loss: Callable[[], torch.Tensor], parameters: list[torch.Tensor]) -> None:
    optimizer = torch.optim.LBFGS(parameters, max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)


def fit_threshold(best: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the best score from which on answers are right at least half the time.

    The share of right answers is fitted as a logistic curve of the score's log-odds: where that
    crosses one half moves less from one set of clips to the next than a curve of steps does. Under
    20 clips nothing is fitted, and 0.0 says never to abstain.

    Args:
        best: score of the best label of each held-out clip, 0.0 to 1.0.
        right: whether the clip carries it.
        weights: how much each clip counts; all the same by default.
    """
    if len(best) < FEWEST_CLIPS:
        return 0.0
    scores = np.clip(np.asarray(best, np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    scale, offset = fit_logistic(np.log(scores / (1 - scores)), right, weights)
    return float(torch.tensor(-offset / scale).sigmoid())


def calibrate(
    model: ASTForAudioClassification,
    logits: np.ndarray,
    targets: np.ndarray,
    unknown: tuple[np.ndarray, np.ndarray] | None = None,
    unknown_share: float = UNKNOWN_SHARE,
) -> tuple[float, float]:
    """Make a model's scores fit held-out clips, and find below which best score it abstains.

    Args:
        model: its last layer and `abstention_threshold` are changed in place.
        logits: what it says of the clips, (clips, labels).
        targets: what they hold, 0 or 1, (clips, labels).
        unknown: the same of sounds that mostly hold none of its labels; they help to find the
            threshold and leave the scores alone.
        unknown_share: how much of what will be heard they stand for, 0.0 to 1.0.

    Returns:
        the factor and the shift that were folded into the last layer.
    """
    problem_type = model.config.problem_type
    scale, offset = fit_calibration(logits, targets, problem_type)
    fold_calibration(model, scale, offset)
    weights = np.full(len(logits), 1 / len(logits))
    if unknown is not None:
        strange = np.full(len(unknown[0]), unknown_share / len(unknown[0]))
        weights = np.concatenate([(1 - unknown_share) * weights, strange])
        logits = np.concatenate([logits, unknown[0]])
        targets = np.concatenate([targets, unknown[1]])
    calibrated = torch.from_numpy(scale * logits + offset)
    several = problem_type == "multi_label_classification"
    scores = (calibrated.sigmoid() if several else calibrated.softmax(dim=1)).numpy()
    best = scores.argmax(axis=1)[:, None]
    threshold = fit_threshold(
        np.take_along_axis(scores, best, axis=1)[:, 0],
        np.take_along_axis(targets, best, axis=1)[:, 0] == 1,
        weights,
    )
    model.config.abstention_threshold = round(threshold, THRESHOLD_DECIMALS)
    return scale, offset


@torch.no_grad()
def fold_calibration(model: ASTForAudioClassification, scale: float, offset: float) -> None:
    """Put a factor and a shift of the logits into the weights of the last layer."""
    last: Any = model.classifier.dense
    last.weight.mul_(scale)
    last.bias.mul_(scale).add_(offset)
