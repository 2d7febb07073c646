"""The experiments as the lesson asks for them: a kind in, labels before and after out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ast_demo.explain import experiments
from ast_demo.explain.experiments import Outcome
from ast_demo.values import refused

BEST = 3  # labels of before and of after that are told
MOST_PATCHES = 20_000  # painted in one request: more than any offered model has
STATISTICS = {  # mean and std: AudioSet's and Speech Commands', from the authors' run.py; none
    "audioset": (-4.2677393, 4.5689974),
    "commands": (-6.845978, 5.5654526),
    "off": (0.0, 0.5),
}


def run_trial(explanation, kind: str, request: dict) -> dict:
    """Run one kind of experiment on an explained sound.

    Args:
        explanation: the sound, its model and its maps.
        kind: one of `experiments.PLAIN`, or paint, hottest, random, stride, gains, statistics.
        request: what the browser sent: "patches", "filling", "fstride" and "tstride".

    Raises:
        ValueError: for an unknown kind or a setting that cannot be.
    """
    watched = explanation.top(1)[0][0]
    if kind in experiments.PLAIN:
        answer = outcome_facts(watched, experiments.PLAIN[kind](explanation))
        if kind.startswith("shuffle"):
            answer["order"] = experiments.shuffled_order(explanation.grid).tolist()
        if kind == "shift_up":
            answer["bins_up"] = experiments.BINS_UP
        return answer
    if kind == "paint":
        filling = request.get("filling", "mean")
        patches = _patches(request.get("patches"))
        return outcome_facts(watched, experiments.paint_patches(explanation, patches, filling))
    if kind == "hottest":
        patches = experiments.hottest_patches(explanation, explanation.rollout)
        return outcome_facts(watched, experiments.paint_patches(explanation, patches))
    if kind == "random":
        patches = experiments.random_patches(explanation)
        return outcome_facts(watched, experiments.paint_patches(explanation, patches))
    if kind == "stride":
        strides: list[Any] = [request.get("fstride"), request.get("tstride")]  # checked there
        return outcome_facts(watched, experiments.change_stride(explanation, *strides))
    if kind == "gains":
        return gain_facts(experiments.change_gain(explanation))
    if kind == "statistics":
        return statistics_facts(explanation)
    known = ", ".join(
        [*experiments.PLAIN, "paint", "hottest", "random", "stride", "gains", "statistics"]
    )
    raise refused("kind", kind, f"one of {known}")


def outcome_facts(watched: str, outcome: Outcome) -> dict:
    """Tell the labels that matter, before and after, first the one to watch."""
    shown = dict.fromkeys(  # in this order, each once
        [watched, *list(outcome.before)[:BEST], *list(outcome.after)[:BEST]]
    )
    rows = [[label, _score(outcome.before, label), _score(outcome.after, label)] for label in shown]
    label, before, after = rows[0]
    return {
        "rows": rows,
        "reference": {"label": label, "before": before, "after": after},
        "best_before": outcome.reference,
        "best": next(iter(outcome.after)),
        "difference": float(f"{outcome.greatest_difference:.3g}"),
        "dtype": outcome.dtype,
    }


def gain_facts(outcomes: Sequence[Outcome]) -> dict:
    """Tell the best label's score at each loudness, softest first, as it is at 0 dB among them."""
    label = outcomes[0].reference
    scores = {0: _score(outcomes[0].before, label)}
    scores |= {g: _score(o.after, label) for g, o in zip(experiments.GAINS, outcomes)}
    rows = [{"gain": gain, "score": scores[gain]} for gain in sorted(scores)]
    return {"label": label, "rows": rows}


def statistics_facts(explanation) -> dict:
    """Tell the best label under the model's own and other models' mean and spread."""
    outcomes = experiments.change_statistics(explanation, list(STATISTICS.values()))
    best = [outcomes[0].before, *(outcome.after for outcome in outcomes)]
    rows = []
    for whose, scores in zip(["own", *STATISTICS], best):
        label = next(iter(scores))
        rows.append({"whose": whose, "label": label, "score": _score(scores, label)})
    return {"rows": rows}


def _score(scores: dict[str, float], label: str) -> float:
    return round(scores[label], 4)


def _patches(value) -> list[tuple[int, int]]:
    """Read a list of [row, column] pairs.

    Raises:
        ValueError: if it is anything else, or too long.
    """
    if not isinstance(value, list) or len(value) > MOST_PATCHES:
        raise refused("patches", value, "a list of rows and columns")
    for pair in value:
        good = isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)
        if not good:
            raise ValueError(f"a patch is {pair!r:.40}, expected its row and its column.")
    return [(f, t) for f, t in value]
