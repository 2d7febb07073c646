"""Two models on the same sounds: inputs, logits, ranks, maps, and who is right more often."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ast_demo.check.perturbations.perturbation import usual_input
from ast_demo.check.run import CheckError, Sound
from ast_demo.classifier import AudioClassifier
from ast_demo.explain.faithfulness import rank_correlation
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.spectrogram import frame_count
from ast_demo.training.evaluation.metrics import wilson_interval

TOP = 5  # labels whose ranks are compared
LABELS_LISTED = 20  # of those that only one model has


@dataclass(frozen=True)
class Difference:
    """What two models say of one sound; scores and logits of the labels that both have."""

    sound: str
    best_a: str
    score_a: float
    best_b: str
    score_b: float
    agree: bool
    input_difference: float | None  # greatest of a cell; None where the windows differ
    logit_difference: float
    score_difference: float
    rank_changes: int  # labels of A's best five that are none of B's best five
    likeness: float | None  # rank correlation of the rollouts over the sound's patches
    shown: str  # the known label, or else A's best: what the scatter compares
    shown_a: float
    shown_b: float
    label: str | None = None
    right_a: bool | None = None
    right_b: bool | None = None


def shared_labels(a: AudioClassifier, b: AudioClassifier) -> list[str]:
    """List the labels that both models have, by exact name.

    Raises:
        CheckError: if there are none.
    """
    shared = [label for label in a.labels if label in set(b.labels)]
    if not shared:
        raise CheckError(
            f"the models share no label: one knows {', '.join(a.labels[:3])}, the other "
            f"{', '.join(b.labels[:3])}; compare models of the same labels."
        )
    return shared


def renormalized(classifier: AudioClassifier, mean: float, std: float) -> AudioClassifier:
    """Return a classifier that shares the model and normalizes by other numbers."""
    values = {**classifier.extractor.to_dict(), "mean": mean, "std": std, "do_normalize": True}
    extractor = ASTFeatureExtractor.from_dict(values)
    return AudioClassifier(classifier.model, extractor, classifier.checkpoint)


def compare_models(
    a: AudioClassifier, b: AudioClassifier, sounds: Iterable[Sound]
) -> Iterator[Difference]:
    """Yield what two models say of each sound, each with its own front end and window.

    Raises:
        CheckError: if they share no label, or one gives scores that are no numbers.
    """
    shared = shared_labels(a, b)
    for sound in sounds:
        yield _compare(a, b, sound, shared)


def _compare(
    a: AudioClassifier, b: AudioClassifier, sound: Sound, shared: Sequence[str]
) -> Difference:
    inputs = [usual_input(model.extractor, sound.waveform) for model in (a, b)]
    same_shape = inputs[0].shape == inputs[1].shape
    sides = [_look(model, values, sound, shared) for model, values in zip((a, b), inputs)]
    (logits_a, scores_a, map_a), (logits_b, scores_b, map_b) = sides
    best_a, best_b = int(scores_a.argmax()), int(scores_b.argmax())
    known = sound.label if sound.label in shared else None
    likeness = None
    if a.grid == b.grid:
        frames = frame_count(len(sound.waveform), a.extractor.sampling_rate)
        columns = max(1, min(a.grid.time_patches, frames // a.grid.time_stride))
        likeness = rank_correlation(map_a[:, :columns], map_b[:, :columns])
    shown = best_a if known is None else shared.index(known)
    top_a, top_b = (np.argsort(-scores, kind="stable")[:TOP] for scores in (scores_a, scores_b))
    return Difference(
        sound=sound.name,
        best_a=shared[best_a],
        score_a=float(scores_a[best_a]),
        best_b=shared[best_b],
        score_b=float(scores_b[best_b]),
        agree=best_a == best_b,
        input_difference=float((inputs[0] - inputs[1]).abs().max()) if same_shape else None,
        logit_difference=float(np.abs(logits_a - logits_b).max()),
        score_difference=float(np.abs(scores_a - scores_b).max()),
        rank_changes=len(set(top_a.tolist()) - set(top_b.tolist())),
        likeness=likeness,
        shown=shared[shown],
        shown_a=float(scores_a[shown]),
        shown_b=float(scores_b[shown]),
        label=known,
        right_a=None if known is None else shared[best_a] == known,
        right_b=None if known is None else shared[best_b] == known,
    )


def _look(classifier: AudioClassifier, values, sound: Sound, shared: Sequence[str]) -> tuple:
    """Return logits and scores of the shared labels, and the rollout on the grid."""
    logits, _, tokens = classifier.logits_and_rollout(values.unsqueeze(0))
    scores = classifier.scores_of(logits)[0]
    if not np.isfinite(scores).all():
        raise CheckError(
            f"one of the models gives scores that are not numbers (NaN) for {sound.name}: its "
            "weights are damaged, or too large for its dtype; try --dtype float32."
        )
    columns = [classifier.labels.index(label) for label in shared]
    grid = classifier.grid
    patches = tokens[0, -grid.num_patches :].float().cpu().numpy()
    patch_map = patches.reshape(grid.freq_patches, grid.time_patches)
    return logits[0].float().cpu().numpy()[columns], scores[columns], patch_map


def summarize_differences(
    a: AudioClassifier, b: AudioClassifier, differences: Sequence[Difference]
) -> dict:
    """Return the numbers of a comparison, and one sentence."""
    count = len(differences)
    agree = sum(each.agree for each in differences)
    low, high = wilson_interval(agree, count)
    alike = [each.likeness for each in differences if each.likeness is not None]
    inputs = [e.input_difference for e in differences if e.input_difference is not None]
    shared = set(a.labels) & set(b.labels)
    summary = {
        "sounds": count,
        "agree": agree,
        "agree_interval_95": [low, high],
        "greatest_input_difference": max(inputs) if inputs else None,
        "greatest_logit_difference": max(e.logit_difference for e in differences),
        "greatest_score_difference": max(e.score_difference for e in differences),
        "rank_changes": sum(e.rank_changes for e in differences),
        "mean_map_likeness": float(np.mean(alike)) if alike else None,
        "shared_labels": len(shared),
        "only_a": [label for label in a.labels if label not in shared][:LABELS_LISTED],
        "only_b": [label for label in b.labels if label not in shared][:LABELS_LISTED],
        "windows_seconds": [round(a.window_seconds, 2), round(b.window_seconds, 2)],
    }
    known = [each for each in differences if each.label is not None]
    if known:
        only_a = sum(bool(e.right_a and not e.right_b) for e in known)
        only_b = sum(bool(e.right_b and not e.right_a) for e in known)
        summary["labelled"] = {
            "sounds": len(known),
            "right_a": sum(bool(e.right_a) for e in known),
            "right_b": sum(bool(e.right_b) for e in known),
            "only_a_right": only_a,
            "only_b_right": only_b,
            "mcnemar_p": mcnemar(only_a, only_b),
        }
    summary["sentence"] = _sentence(summary)
    return summary


def _sentence(summary: dict) -> str:
    low, high = summary["agree_interval_95"]
    text = (
        f"The best labels agree on {summary['agree']} of {summary['sounds']} sounds "
        f"({low:.0%} to {high:.0%} of such sounds)"
    )
    labelled = summary.get("labelled")
    if not labelled:
        return f"{text}."
    text += f"; A is right on {labelled['right_a']} and B on {labelled['right_b']}"
    if labelled["right_a"] == labelled["right_b"]:
        return f"{text} of {labelled['sounds']}."
    p = labelled["mcnemar_p"]
    apart = "could be chance" if p > 0.05 else "is more than chance"
    return f"{text} of {labelled['sounds']}, a difference that {apart} (exact McNemar p = {p:.3g})."


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the exact two-sided p that two models err equally often.

    Args:
        only_a: clips that A alone gets right.
        only_b: clips that B alone gets right.

    Source: McNemar 1947, in its exact binomial form.
    """
    count, fewer = only_a + only_b, min(only_a, only_b)
    tail = sum(math.comb(count, k) for k in range(fewer + 1))
    return min(1.0, 2 * tail / 2**count)


def worst_first(differences: Sequence[Difference]) -> list[Difference]:
    """Order by disagreement: other best labels first, then by the greatest score difference."""
    return sorted(differences, key=lambda e: (e.agree, -e.score_difference))
