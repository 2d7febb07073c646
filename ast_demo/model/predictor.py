"""A model with its front end: normalized log-mel in, logits, traces and scores out."""

from __future__ import annotations

import functools

import numpy as np
import torch

from ast_demo.checkpoint.checkpoint import Checkpoint
from ast_demo.features.extractor import ASTFeatureExtractor, samples_for
from ast_demo.features.patches import PatchGrid
from ast_demo.model.attention import AttentionTrace
from ast_demo.model.cuda_graphs import GraphedFunction, use_cuda_graphs
from ast_demo.model.device import windows_at_once
from ast_demo.model.quantization import is_quantized
from ast_demo.model.scores import distinct, score_rule
from ast_demo.model.transformer import ASTForAudioClassification


class Predictor:
    """Own a model on a device, and what turns its input and output into sounds and labels.

    It depends on neither audio files nor explanations: `AudioClassifier` adds both.
    Attributes: `model`, `extractor`, `grid`, `config`, `checkpoint`, `device`, `dtype`, `placement`
    (why there), `labels` (in output order) and `rule`.
    """

    def __init__(
        self,
        model: ASTForAudioClassification,
        extractor: ASTFeatureExtractor,
        checkpoint: Checkpoint | None = None,
    ):
        self.model = model.eval().requires_grad_(False)
        self.extractor = extractor
        self.checkpoint = checkpoint
        self.placement = "where the model was put"
        self.config = model.config
        self.grid = PatchGrid.from_config(model.config, extractor.sampling_rate)
        self.labels = distinct(model.config.id2label.values())
        self.rule = score_rule(model.config)

    @property
    def device(self) -> torch.device:
        """Device that the model runs on."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of the layers' weights; features stay float32, with int8 the rest too."""
        return torch.int8 if is_quantized(self.model) else self.model.dtype

    @property
    def window_seconds(self) -> float:
        """Seconds of sound that fill the model's window."""
        rate = self.extractor.sampling_rate
        return samples_for(self.extractor.max_length, rate) / rate

    @property
    def batch_limit(self) -> int:
        """Most windows in one forward pass; larger batches are split."""
        return windows_at_once(self.device, self.grid.num_tokens, self.config.intermediate_size)

    def label_index(self, label: str) -> int:
        """Return the output index of a label.

        Raises:
            ValueError: if the model has no such label.
        """
        if label not in self.labels:
            raise ValueError(
                f"the model has no label {label!r}, expected one of its {len(self.labels)} labels "
                f"such as {', '.join(self.labels[:3])}."
            )
        return self.labels.index(label)

    def logits(self, input_values: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, labels) of normalized log-mel (batch, max_length, num_mel_bins).

        More than `batch_limit` windows are split into several passes.
        """
        classify = self._graphed_logits if use_cuda_graphs(self.device) else self._logits
        with torch.inference_mode():
            parts = input_values.split(self.batch_limit)
            return torch.cat([classify(part.to(self.device)) for part in parts])

    def logits_and_traces(
        self, input_values: torch.Tensor
    ) -> tuple[torch.Tensor, tuple[AttentionTrace, ...]]:
        """Return logits (batch, labels) and every layer's queries and keys."""
        with torch.inference_mode():
            encoding = self.model.audio_spectrogram_transformer.encode(
                input_values.to(self.device), pooled_only=True, keep_traces=True
            )
            logits = self.model.classifier(encoding.pooled)
        return logits, encoding.traces

    def scores_of(self, logits: torch.Tensor) -> np.ndarray:
        """Turn logits (batch, labels) into scores, float32, by the model's rule."""
        logits = logits.float()
        if self.rule == "sigmoid":
            logits = logits.sigmoid()
        elif self.rule == "softmax":
            logits = logits.softmax(-1)
        return logits.cpu().numpy()

    @functools.cached_property
    def _graphed_logits(self) -> GraphedFunction:
        return GraphedFunction(self._logits, self.model.parameters())

    def _logits(self, batch: torch.Tensor) -> torch.Tensor:
        return self.model(batch).logits
