"""The training loop: batches in, a folder with a checkpoint out, resumable at any moment."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.data.sampler import BatchSource
from ast_demo.training.distillation.soft_targets import SoftTargets
from ast_demo.training.distillation.teacher_labels import TeacherLabels
from ast_demo.training.evaluation.calibration import calibrate
from ast_demo.training.evaluation.metrics import mean_average_precision, top_k_accuracy
from ast_demo.training.muon import Muon
from ast_demo.training.objective import Objective
from ast_demo.training.optimizers import build_optimizers
from ast_demo.training.recipe import Recipe
from ast_demo.training.run_data import RunData
from ast_demo.training.run_state import (
    STATE_FILE,
    TRUNK_FILE,
    load_state,
    require_same_data,
    save_state,
)
from ast_demo.training.validation import Validation, collapse, flat, merit
from ast_demo.training.weight_average import WeightAverage

SAVE_SECONDS = 120.0  # at most this much work is lost by a kill
LARGEST_GRADIENT = 2.0  # norm of what the optimizer "adam" sees
TOKENS_AT_ONCE = 170  # crops with more tokens come in smaller batches, for the same work a step
SMALLEST_BATCH = 8  # crops
HOPEFUL_SHARE = 0.2  # of a run, in which nothing learnt yet is no collapse


@dataclass
class RunProgress:
    """What a run reports after some steps, and what it remembers of evaluations."""

    step: int = 0
    elapsed: float = 0.0  # seconds, pauses left out
    clips: int = 0  # heard so far
    losses: dict = field(default_factory=dict)
    history: list = field(default_factory=list)  # one dict an evaluation
    best: float = -math.inf
    best_step: int = 0


class Trainer:
    """Own a run: model, average of its weights, optimizers and the place where they are kept.

    Args:
        model: what is trained, in place.
        extractor: its normalization and window.
        recipe: every choice of the run.
        source: batches to train on.
        validation: clips to measure with.
        out: folder for the checkpoint and the state of the run.
        soft_targets: what a teacher hears in the training clips, if anything.
        teacher_labels: what it would call them.
        fresh_head: the classifier's last layer has not been trained before.
        device: where the model is trained; batches are made on the CPU.
        data: what `source` and `validation` hold, see `describe_data`; a run is not continued with
            other data. None lets it be continued with any.
    """

    def __init__(
        self,
        model: ASTForAudioClassification,
        extractor: ASTFeatureExtractor,
        recipe: Recipe,
        source: BatchSource,
        validation: Validation,
        out: Path,
        soft_targets: SoftTargets | None = None,
        teacher_labels: TeacherLabels | None = None,
        fresh_head: bool = True,
        device: torch.device | None = None,
        data: RunData | None = None,
    ):
        self.device = device or torch.device("cpu")
        self.model, self.extractor, self.recipe = model.train(), extractor, recipe
        self.source, self.validation, self.out = source, validation, Path(out)
        self.data = data
        num_frames = torch.from_numpy(source.cache.num_frames)
        self.objective = Objective(
            self.model, extractor, recipe, num_frames, soft_targets, teacher_labels, self.device
        )
        self.network = self.objective.network
        self.optimizers = build_optimizers(self.network, recipe, fresh_head)
        self.rates = [[g["lr"] for g in o.param_groups] for o in self.optimizers]
        self.average = WeightAverage(self.network, recipe.average)
        self.progress = RunProgress()
        self.exported_head = {}  # the checkpoint's last layer before it was calibrated

    def run(
        self,
        report: Callable[[RunProgress], None] | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> RunProgress:
        """Train until the recipe's last step, or until nothing improves any more.

        Args:
            report: called after every step.
            stopping: asked after every step and the evaluation behind it; where it says yes, the
                run is saved and ends there.

        Returns:
            the evaluations; the best weights so far are in the folder as a checkpoint.

        Raises:
            ValueError: if the loss is not finite any more, or the disk is full.
        """
        self.resume()
        progress = self.progress
        report = report or (lambda progress: None)
        if self._evaluation_is_missing():
            self.evaluate()
            self.save()
            report(progress)
        saved = last = time.monotonic()
        stopped = False
        while not (stopped or self._ended() or self._stalled()):
            self._keep_trunk()
            self.step()
            now = time.monotonic()
            progress.elapsed, last = progress.elapsed + now - last, now
            due = self._evaluation_is_due()
            if due:
                self.evaluate()
            stopped = stopping is not None and stopping()
            if due or stopped or now - saved > SAVE_SECONDS:
                self.save()
                saved = time.monotonic()
            report(progress)
        return progress

    def step(self) -> None:
        """Take one step; everything random in it follows from the seed and its number."""
        recipe, number = self.recipe, self.progress.step
        done = recipe.done(number, self.progress.elapsed)
        stage = recipe.stage(done)
        frames = stage.frames or self.model.config.max_length
        grid = dataclasses.replace(self.objective.window, max_length=frames)
        tokens = stage.kept(grid.num_patches)
        batch = self.source.draw(number, stage, frames, self._batch_size(tokens))
        for optimizer, rates in zip(self.optimizers, self.rates):
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * recipe.rate(number, done)
        losses = self.objective.losses(batch, tokens, number)
        total: Any = sum(losses.values())
        if not torch.isfinite(total):
            raise ValueError(
                f"the loss became {total.item()} at step {number}: lower the learning rate "
                "(learning_rate, matrix_rate) of the recipe."
            )
        self.network.zero_grad(set_to_none=True)
        total.backward()
        for optimizer in self.optimizers:
            if not isinstance(optimizer, Muon):
                parameters = [p for g in optimizer.param_groups for p in g["params"]]
                nn.utils.clip_grad_norm_(parameters, LARGEST_GRADIENT)
            optimizer.step()
        self.average.update(number + 1)
        self.progress.step = number + 1
        self.progress.clips += len(batch.log_mel)
        self.progress.losses = {name: loss.item() for name, loss in losses.items()}

    def scores(self) -> np.ndarray:
        """Return the averaged weights' logits on the validation clips, (clips, labels)."""
        with self.average.applied():
            logits = self.validation.logits(self.model.eval(), self.extractor)
        self.model.train()
        return logits

    def evaluate(self) -> dict:
        """Measure, remember, and keep the weights as a checkpoint if they are the best so far."""
        logits, targets = self.scores(), self.validation.targets
        progress = self.progress
        row = {
            "step": progress.step,
            "minutes": round(progress.elapsed / 60, 2),
            "clips_per_second": round(progress.clips / progress.elapsed) if progress.elapsed else 0,
            "top1": top_k_accuracy(logits, targets),
            "map": mean_average_precision(logits, targets),
            "loss": sum(progress.losses.values()),
            "warning": "",
        }
        if progress.history and self.recipe.done(progress.step, progress.elapsed) >= HOPEFUL_SHARE:
            labels = list(self.model.config.id2label.values())
            row["warning"] = collapse(logits, targets, labels) or flat(progress.history[0], row)
        progress.history.append(row)
        worth = merit(row)
        if worth > progress.best or self.recipe.keep == "last":
            progress.best, progress.best_step = worth, progress.step
            self.export()
        return row

    def export(self) -> None:
        """Write the averaged weights as a checkpoint that the whole project opens."""
        with self.average.applied():
            head: Any = self.model.classifier.dense
            self.exported_head = {k: v.clone() for k, v in head.state_dict().items()}
            self.model.save_pretrained(self.out)
        self.extractor.save_pretrained(self.out)

    def calibrate(self) -> tuple[float, float]:
        """Make the scores of the checkpoint fit the held-out clips, and find when to abstain.

        It starts from the last layer as it was trained, so that doing it again changes nothing.

        Returns:
            the factor and the shift that were folded into its last layer.
        """
        model = ASTForAudioClassification.from_pretrained(self.out)
        if self.exported_head:
            head: Any = model.classifier.dense
            head.load_state_dict(self.exported_head)
        logits = self.validation.logits(model.to(self.device), self.extractor)
        scale, offset = calibrate(model, logits, self.validation.targets)
        model.save_pretrained(self.out)
        return scale, offset

    def save(self, name: str = STATE_FILE) -> None:
        """Write the state of the run, in one piece or not at all.

        Raises:
            ValueError: if it cannot be written.
        """
        save_state(
            self.out,
            {
                "network": self.network.state_dict(),
                "average": self.average.weights,
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "progress": vars(self.progress),
                "recipe": self.recipe.to_dict(),
                "data": self.data,
                "exported_head": self.exported_head,
            },
            name,
        )

    def branch_from(self, run: Path) -> int:
        """Start with everything another run knew before its rate fell, steps counted anew.

        Args:
            run: folder of a run with the same labels and shape, or one of the states in it:
                TRUNK_FILE is what a folder stands for, STATE_FILE the last step.

        Returns:
            the step at which it was.

        Raises:
            ValueError: if there is no such state, or it fits another model.
        """
        file = Path(run) if Path(run).is_file() else Path(run) / TRUNK_FILE
        state = load_state(file.parent, None, file.name)
        if state is None:
            raise ValueError(
                f"{run} has no {TRUNK_FILE}: it is written when the learning rate of a run begins "
                f"to fall, so let it run until then, or give its {STATE_FILE}."
            )
        self._load(state, Path(run))
        return state["progress"]["step"]

    def resume(self) -> bool:
        """Go on from a saved state, if there is one.

        Raises:
            ValueError: if it belongs to another recipe, other data or other labels.
        """
        state = load_state(self.out, self.recipe.to_dict())
        if state is None:
            return False
        if self.data is not None:
            require_same_data(self.out, state, self.data)
        self._load(state, self.out)
        self.progress = RunProgress(**state["progress"])
        self.exported_head = state.get("exported_head", {})  # early states lack it
        return True

    def _load(self, state: dict, folder: Path) -> None:
        try:
            self.network.load_state_dict(state["network"])
        except RuntimeError as error:
            raise ValueError(
                f"{folder} holds a run for other labels or another model: give another folder."
            ) from error
        self.average.load(state["average"], self.device)
        for optimizer, saved in zip(self.optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)

    def _keep_trunk(self) -> None:
        """Keep the state before the rate falls: a longer run can go on from there."""
        recipe, progress = self.recipe, self.progress
        falling = recipe.done(progress.step, progress.elapsed) >= recipe.decay_from
        if recipe.decay == "linear" and falling and not (self.out / TRUNK_FILE).is_file():
            self.save(TRUNK_FILE)

    def _batch_size(self, tokens: int) -> int:
        if tokens <= TOKENS_AT_ONCE or self.objective.soft_targets is None:
            return self.recipe.batch
        return max(SMALLEST_BATCH, self.recipe.batch * TOKENS_AT_ONCE // tokens)

    def _ended(self) -> bool:
        return self.recipe.done(self.progress.step, self.progress.elapsed) >= 1.0

    def _evaluation_is_due(self) -> bool:
        return self.progress.step % self.recipe.evaluate_every == 0 or self._ended()

    def _evaluation_is_missing(self) -> bool:
        """Tell whether the saved step should have been measured: early states may lack that."""
        measured = {row["step"] for row in self.progress.history}
        step = self.progress.step
        return step > 0 and step not in measured and self._evaluation_is_due()

    def _stalled(self) -> bool:
        recipe, progress = self.recipe, self.progress
        if not recipe.patience or not progress.history:
            return False
        waited = progress.step - progress.best_step
        perfect = progress.best >= 1.0 and waited > 0
        return perfect or waited >= recipe.patience * recipe.evaluate_every
