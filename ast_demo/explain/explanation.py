"""What a classifier answers: scores of a sound, and on request where the model looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ast_demo.explain.attention_maps import (
    attention_rows,
    on_grid,
    pooled_attention,
    relevance,
    rollout,
)
from ast_demo.features.patches import PatchGrid
from ast_demo.model.attention import AttentionTrace
from ast_demo.model.predictor import Predictor
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.values import is_whole, refused

NOTHING_KNOWN = "nothing it knows"


@dataclass
class Prediction:
    """Scores of one sound.

    `scores` maps label to score, highest first. `rule` says how logits became scores: "sigmoid"
    (labels are independent), "softmax" (labels exclude each other) or "linear" (regression).
    `notes` tell what was done to the sound, `timings` the milliseconds of each stage. Under
    `threshold` a best score is more often wrong than right.
    """

    scores: dict[str, float]
    rule: str
    notes: tuple[str, ...]
    timings: dict[str, float]
    threshold: float

    @property
    def abstains(self) -> bool:
        """Whether the sound is nothing the model knows: its best score is under the threshold."""
        return self.rule != "linear" and max(self.scores.values()) < self.threshold

    @property
    def answer(self) -> str:
        """The best label, or "nothing it knows" if the model abstains."""
        return NOTHING_KNOWN if self.abstains else next(iter(self.scores))

    def top(self, k: int = 5) -> list[tuple[str, float]]:
        """Return the k labels with the highest scores."""
        return list(self.scores.items())[:k]


@dataclass
class Explanation(Prediction):
    """A prediction with the model's input and where the model looked.

    Maps are float32 (freq_patches, time_patches), row 0 the lowest band, and hold each patch's
    share: a whole map plus the share on the special tokens sums to 1 (relevance aside).
    """

    seconds: float  # length of the whole sound
    waveform: np.ndarray  # the part inside the window, float32 (samples,) at the model's rate
    log_mel: np.ndarray  # (num_frames, num_mel_bins), natural log
    input_values: np.ndarray  # (max_length, num_mel_bins), padded and normalized
    num_frames: int  # frames of sound inside the window
    grid: PatchGrid
    rollout: np.ndarray  # (freq_patches, time_patches)
    special_share: float  # part of the rollout that stays on CLS and distillation
    classifier: Predictor = field(repr=False)
    traces: tuple[AttentionTrace, ...] = field(repr=False)
    _relevance: dict[str, torch.Tensor] = field(default_factory=dict, init=False, repr=False)
    _logits: dict[torch.dtype, torch.Tensor] = field(default_factory=dict, init=False, repr=False)

    def attention(
        self, layer: int, head: int | None = None, token: str | int = "pooled"
    ) -> np.ndarray:
        """Return what a token attended to in one layer.

        Args:
            layer: from 0.
            head: from 0, or None for the mean of the heads.
            token: "pooled" for the mean of CLS and distillation, or a token number.

        Raises:
            ValueError: if there is no such layer, head or token.
        """
        tokens = self.attention_tokens(layer, token)
        heads = len(tokens)
        if head is not None and not 0 <= head < heads:
            raise refused("head", head, f"0 to {heads - 1} or None for their mean")
        return self.on_grid(tokens.mean(0) if head is None else tokens[head])

    def attention_tokens(self, layer: int, token: str | int = "pooled") -> torch.Tensor:
        """Return attention over all tokens, special ones included: (heads, tokens)."""
        if not 0 <= layer < len(self.traces):
            raise refused("layer", layer, f"0 to {len(self.traces) - 1}")
        if token == "pooled":
            return pooled_attention(self.traces[layer])[0]
        return attention_rows(self.traces[layer], [self._checked(token)])[0, :, 0]

    def rollout_from(self, token: int) -> np.ndarray:
        """Return the attention rollout of one token's output instead of the pooled output's."""
        return self.on_grid(rollout(self.traces, [self._checked(token)])[0])

    def relevance(self, label: str) -> np.ndarray:
        """Return how much each patch is evidence for a label.

        Raises:
            ValueError: if the model has no such label.
        """
        return self.on_grid(self.relevance_tokens(label))

    def relevance_tokens(self, label: str) -> torch.Tensor:
        """Return the relevance of every token for a label, special ones included: (tokens,).

        It costs a run forward and back, so it is kept: a map on the screen, its picture and its
        test are one.
        """
        if label not in self._relevance:
            owner = self.classifier
            index = owner.label_index(label)
            batch = torch.from_numpy(self.input_values).unsqueeze(0).to(owner.device)
            self._relevance[label] = relevance(owner.model, batch, index)[0]
        return self._relevance[label]

    def logits(self, copy: ASTForAudioClassification | None = None) -> torch.Tensor:
        """Return the logits of the sound as it is, (1, labels), to compare altered ones with.

        They come from a pass like that of one altered sound, so that a change of nothing differs
        by nothing, and are kept for each dtype: every experiment begins with them.

        Args:
            copy: the classifier's model in another dtype, to ask instead of it.
        """
        dtype = self.classifier.dtype if copy is None else copy.dtype
        if dtype not in self._logits:
            batch = torch.from_numpy(self.input_values).unsqueeze(0)
            with torch.inference_mode():
                self._logits[dtype] = (
                    self.classifier.logits(batch)
                    if copy is None
                    else copy(batch.to(copy.device)).logits
                )
        return self._logits[dtype]

    def on_grid(self, tokens: torch.Tensor) -> np.ndarray:
        """Arrange a map over tokens, (tokens,), as (freq_patches, time_patches)."""
        return on_grid(tokens, self.grid)

    @property
    def nbytes(self) -> int:
        """Bytes that the kept tensors and arrays hold, for a cache that counts."""
        tensors = (part for trace in self.traces for part in trace if part is not None)
        kept = sum(tensor.nbytes for tensor in tensors)
        return kept + self.log_mel.nbytes + self.input_values.nbytes + self.waveform.nbytes

    def _checked(self, token: Any) -> int:
        if not is_whole(token):
            raise refused("token", token, "'pooled' or a token number")
        if not 0 <= token < self.grid.num_tokens:
            raise refused("token", token, f"0 to {self.grid.num_tokens - 1}")
        return token
