"""What is enough for a label, and when the model decides: the smallest sound, scores over depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ast_demo.explain.explanation import Explanation
from ast_demo.explain.faithfulness import cells_in_order, filling_value, without
from ast_demo.explain.resynthesis import apply_mask

SHARES = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)  # of the sound's cells: one pass
STEPS_BETWEEN = 7  # tried between two of them, in a second pass
WANTED = 0.9  # of the score


@dataclass(frozen=True)
class SmallestSound:
    """The hottest part of a sound that brings most of a label's score back."""

    label: str
    whole: float  # score of the whole sound
    share: float  # of its cells that were put back
    score: float  # that the model gives them, the rest being silence
    reached: bool  # whether that is the wanted part of the whole score
    mask: np.ndarray  # 1 where cells were put back, float32 (num_mel_bins, max_length)
    waveform: np.ndarray  # what these cells sound like alone, float32 (samples,)
    heard: float  # score of that waveform: the model hears it as anybody does

    @property
    def sentence(self) -> str:
        """Say what was found."""
        if not self.reached:
            return f"No part of the sound brings {WANTED:.0%} of the score for {self.label} back."
        return (
            f"The hottest {100 * self.share:.2g} % of the sound bring {self.label} from nothing "
            f"to {self.score:.2f} of {self.whole:.2f}; played alone it scores {self.heard:.2f}."
        )


def smallest_sound(
    explanation: Explanation, patch_map: np.ndarray, label: str, wanted: float = WANTED
) -> SmallestSound:
    """Put the hottest patches back into silence until a part of the score is there again.

    Args:
        explanation: the explained sound.
        patch_map: one value a patch, (freq_patches, time_patches).
        label: whose score is watched.
        wanted: part of the whole sound's score.

    Raises:
        ValueError: for an unknown label.
    """
    classifier = explanation.classifier
    index = classifier.label_index(label)
    order = np.argsort(-np.asarray(patch_map).ravel(), kind="stable")
    cells = cells_in_order(explanation.grid, order, explanation.num_frames)
    whole = explanation.scores[label]
    counts = [max(1, round(share * len(cells))) for share in SHARES]
    found = _first(explanation, cells, index, counts, wanted * whole)
    if found is None:
        count, score, reached = len(cells), whole, False
    else:
        place, count, score = found
        reached, before = True, counts[place - 1] if place else 0
        between = np.linspace(before, count, STEPS_BETWEEN + 2).astype(int)[1:-1]
        counts = [int(c) for c in dict.fromkeys(between.tolist()) if c > 0]
        finer = _first(explanation, cells, index, counts, wanted * whole) if counts else None
        if finer is not None:
            _, count, score = finer
    mask = np.zeros((explanation.grid.num_mel_bins, explanation.grid.max_length), np.float32)
    frames, bins = np.divmod(cells[:count], explanation.grid.num_mel_bins)
    mask[bins, frames] = 1.0
    waveform = apply_mask(explanation.waveform, mask, explanation.grid.sampling_rate)
    features = classifier.extractor(waveform, explanation.grid.sampling_rate, return_tensors="pt")
    heard = float(classifier.scores_of(classifier.logits(features.input_values))[0, index])
    share = count / len(cells)
    return SmallestSound(label, whole, share, score, reached, mask, waveform, heard)


def _first(
    explanation: Explanation, cells: np.ndarray, index: int, counts: list[int], least: float
) -> tuple[int, int, float] | None:
    """Return the place, count and score of the first count of cells that reaches a score."""
    classifier = explanation.classifier
    value = filling_value(explanation, "silence")
    altered = [without(explanation.input_values, cells[count:], value) for count in counts]
    logits = classifier.logits(torch.from_numpy(np.stack(altered)))
    scores = classifier.scores_of(logits)[:, index]
    reached = np.flatnonzero(scores >= least)
    if not len(reached):
        return None
    place = int(reached[0])
    return place, counts[place], float(scores[place])


def scores_over_depth(explanation: Explanation) -> np.ndarray:
    """Return what the classifier would say after each layer: float32 (layers + 1, labels).

    The final norm and the classifier are applied to the two special tokens as they enter the first
    layer and as they leave each; the last row is the model's own answer. Between them the tokens
    were never meant to be read so: a score that is there early is information, one that is not
    there may be held elsewhere.

    Source: nostalgebraist 2020, "the logit lens", for language models.
    """
    classifier = explanation.classifier
    encoder = classifier.model.audio_spectrogram_transformer
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0).to(classifier.device)
    with torch.inference_mode():
        encoding = encoder.encode(batch, pooled_only=True, keep_hidden_states=True)
        tokens = torch.cat([hidden[:, :2] for hidden in encoding.hidden_states])
        pooled = encoder.layernorm(tokens).mean(dim=1)
        logits = classifier.model.classifier(pooled)
    return classifier.scores_of(logits)


def decision_layer(scores: np.ndarray, index: int) -> int | None:
    """Return the layer (from 1) from which on a label stays best; 0 before any, None if never."""
    best = scores.argmax(axis=1) == index
    if not best[-1]:
        return None
    wrong = np.flatnonzero(~best)
    return int(wrong[-1]) + 1 if len(wrong) else 0
