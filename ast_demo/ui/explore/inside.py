"""Two looks inside a model: the smallest sound that is still a label, and when it decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.ui.services import rpc

if TYPE_CHECKING:  # torch: not before the first page
    from ast_demo.explain.explanation import Explanation


def smallest_facts(explanation: Explanation, label: str) -> dict:
    """Find the hottest part of a sound that brings most of a label's score back; pack it.

    Raises:
        ValueError: for an unknown label.
    """
    from ast_demo.explain.resynthesis import wav_bytes
    from ast_demo.explain.sufficiency import smallest_sound

    found = smallest_sound(explanation, explanation.relevance(label), label)
    return {
        "wav": rpc.packed(wav_bytes(found.waveform, explanation.grid.sampling_rate)),
        "note": found.sentence,
        "mask": rpc.packed_shares(found.mask.T),  # (frames, bins), as the spectrogram is sent
    }


def depth_facts(explanation: Explanation, wanted: Sequence[str] = ()) -> dict:
    """Return the scores after each layer of the best label, its rival and those that are wanted.

    Raises:
        ValueError: for an unknown label.
    """
    from ast_demo.explain.sufficiency import decision_layer, scores_over_depth

    labels = explanation.classifier.labels
    scores = scores_over_depth(explanation)
    best, rival = (labels[index] for index in np.argsort(-scores[-1], kind="stable")[:2])
    shown = list(dict.fromkeys([best, *wanted, rival]))
    columns = [explanation.classifier.label_index(label) for label in shown]
    layer = decision_layer(scores, labels.index(best))
    layers = len(scores) - 1
    since = f"layer {layer} of {layers}" if layer else f"before the first of {layers} layers"
    return {
        "curves": {label: scores[:, column].tolist() for label, column in zip(shown, columns)},
        "note": f"{best} is the best label from {since} on.",
    }
