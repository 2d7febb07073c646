"""What a run is measured with, and the signs that it has learnt nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.spectrogram import pad_or_trim
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.data.feature_cache import FeatureCache

CLIPS_AT_ONCE = 8
FLAT_SHARE = 0.98  # of the first loss: still above it late in the run is a collapse
ONE_CLASS_SHARE = 0.95  # of the clips given the same label is a collapse
ADVICE = "lower the learning rate, or start from a pretrained checkpoint"


@dataclass(frozen=True)
class Validation:
    """Clips to measure with: spectrograms and what they hold."""

    cache: FeatureCache
    targets: np.ndarray  # (clips, labels)

    def logits(
        self, model: ASTForAudioClassification, extractor: ASTFeatureExtractor
    ) -> np.ndarray:
        """Return what a model says of the clips, cut or padded to its window: (clips, labels)."""
        rows = []
        with torch.inference_mode():
            for start in range(0, len(self.cache), CLIPS_AT_ONCE):
                clips = [
                    pad_or_trim(
                        torch.from_numpy(self.cache[i].astype(np.float32)), model.config.max_length
                    )
                    for i in range(start, min(start + CLIPS_AT_ONCE, len(self.cache)))
                ]
                batch = extractor.normalize(torch.stack(clips)).to(model.device)
                rows.append(model(batch).logits.cpu().numpy())
        return np.concatenate(rows)


def collapse(logits: np.ndarray, targets: np.ndarray, labels: Sequence[str]) -> str:
    """Say so if nearly every clip gets the same label, which more of the same will not mend."""
    counts = np.bincount(logits.argmax(axis=1), minlength=logits.shape[1])
    most = ONE_CLASS_SHARE * len(logits)
    if counts.max() > most and targets.sum(axis=0).max() < most:
        return f"nearly every clip is called {labels[int(counts.argmax())]!r}: {ADVICE}"
    return ""


def merit(measure: Mapping) -> float:
    """Return what a measure is worth: either figure alone is soon perfect on a small set."""
    return (measure["top1"] + measure["map"]) / 2


def flat(first: Mapping, now: Mapping) -> str:
    """Say so if the loss of a measure is still that of the first one, and nothing is heard better.

    A run that goes on from a trained model has losses of noise alone.
    """
    if now["loss"] > FLAT_SHARE * first["loss"] and merit(now) <= merit(first):
        return f"the loss has not fallen since step {first['step']}: {ADVICE}"
    return ""
