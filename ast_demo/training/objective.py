"""What a run minimizes: the model, the heads that read a teacher's map, and their losses."""

from __future__ import annotations

import torch
from torch import nn

from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.patches import PatchGrid
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.crops import encode_crops
from ast_demo.training.data.augment import mix_targets
from ast_demo.training.data.batch import Batch
from ast_demo.training.distillation.soft_targets import SoftTargets
from ast_demo.training.distillation.teacher_labels import TeacherLabels
from ast_demo.training.losses import dense_errors, label_loss, weighted_mean
from ast_demo.training.recipe import Recipe

SEED_STRIDE = 1_000_003  # a prime: runs with neighbouring seeds share no step's random numbers


class Objective:
    """Own what is trained and say how wrong it is about a batch.

    Args:
        model: what is trained, in place.
        extractor: its normalization.
        recipe: weights of the losses, precision and seed.
        num_frames: frames of each training clip, (clips,).
        soft_targets: what a teacher hears in the training clips, if anything.
        teacher_labels: what it would call them.
        device: where the losses are computed.
    """

    def __init__(
        self,
        model: ASTForAudioClassification,
        extractor: ASTFeatureExtractor,
        recipe: Recipe,
        num_frames: torch.Tensor,
        soft_targets: SoftTargets | None,
        teacher_labels: TeacherLabels | None,
        device: torch.device,
    ):
        self.model, self.extractor, self.recipe = model, extractor, recipe
        self.num_frames, self.device = num_frames, device
        self.soft_targets, self.teacher_labels = soft_targets, teacher_labels
        self.window = PatchGrid.from_config(model.config)
        self.network = nn.ModuleDict({"model": model})  # all that has weights
        if soft_targets is not None:
            width = model.config.hidden_size
            self.network["map"] = nn.Linear(width, soft_targets.width)
            self.network["mean"] = nn.Linear(width, soft_targets.width)
        self.network.to(device)

    def losses(self, batch: Batch, tokens: int, step: int) -> dict[str, torch.Tensor]:
        """Return the weighted losses of a batch, by name.

        Args:
            batch: crops and what should be said of them.
            tokens: patches kept of each crop, drawn at random; 0 keeps all.
            step: number in the run, from which that choice follows.
        """
        recipe = self.recipe
        generator = torch.Generator().manual_seed(recipe.seed * SEED_STRIDE + step)
        half = recipe.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            encoded = encode_crops(
                self.model.audio_spectrogram_transformer,
                self.extractor.normalize(batch.log_mel.to(self.device)),
                tokens,
                generator,
                pooled_only=self.soft_targets is None,
            )
            logits = self.model.classifier(encoded.pooled).float()
        targets, weight = batch.targets.to(self.device), batch.weight.to(self.device)
        losses = {"label": recipe.label_weight * self._label_loss(logits, targets, weight)}
        if self.soft_targets is not None:
            errors = dense_errors(
                self.network, encoded, batch, self.soft_targets, self.num_frames, self.window
            )
            losses["map"] = recipe.map_weight * errors.patches
            losses["mean"] = recipe.map_weight * recipe.mean_weight * errors.mean
            if self.teacher_labels is not None:
                wanted = self.teacher_labels(errors.means, batch.clips)
                judged = self._label_loss(logits, *self._mixed(wanted, errors.heard, batch))
                losses["teacher"] = recipe.teacher_weight * judged
        return losses

    def _mixed(
        self, wanted: torch.Tensor, heard: torch.Tensor, batch: Batch
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the teacher's labels of what is heard, mixtures included, and their weights."""
        mixed, partners = batch.partners >= 0, batch.partners.clamp(min=0)
        both = mix_targets(wanted, wanted[partners] * batch.asked[:, None])
        wanted = torch.where(mixed[:, None], both, wanted).to(self.device)
        needed = mixed & (batch.asked > 0)
        return wanted, (heard & (~needed | heard[partners])).float().to(self.device)

    def _label_loss(
        self, logits: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor:
        return weighted_mean(label_loss(logits, targets, self.model.config.problem_type), weight)
