"""From outcomes to curves and breaking points."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ast_demo.check.bars import Bars
from ast_demo.check.perturbations.perturbation import FALL, HOLD, MISTAKE, SAME, TOLD, Perturbation
from ast_demo.check.run import Outcome

NOTHING = ("silence", "quiet")  # words of labels that say that nothing is heard
NOISES = ("noise", "static", "hiss", "rain", "steam", "waterfall", "spray")
FITTING = {  # words of labels that may well be heard in nothing
    "digital silence": NOTHING,
    "nothing but padding": NOTHING,
    "nothing but white noise": (*NOTHING, *NOISES),
}
NOISE_WORDS = {  # of labels that a noise itself would be given: it may well raise their score
    "white noise": NOISES,
    "pink noise": NOISES,
    "rain": ("rain", "water"),
    "speech": ("speech", "speak", "talk", "conversation", "voice"),
}


@dataclass(frozen=True)
class Point:
    """One strength of a series, over all sounds and seeds."""

    at: str
    strength: float
    kind: str
    cases: int
    kept: int  # cases whose best label stayed
    not_risen: int
    score: float  # mean of the reference label's
    low: float  # lowest and highest of it
    high: float
    before: float  # mean of it before
    rival: float  # mean of the strongest other label's
    likeness: float | None
    note: str
    passed: bool | None  # None where nothing was asked
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """One curve, from mild to strong."""

    group: str
    series: str
    unit: str
    points: tuple[Point, ...]
    holds_to: str | None  # the hardest strength up to which the best label stays
    flips_at: str | None  # the one after it
    sentence: str = ""


def build_series(
    perturbations: Sequence[Perturbation], outcomes: Sequence[Outcome], bars: Bars
) -> list[Series]:
    """Put the outcomes of all sounds together, curve by curve."""
    by_key: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_key.setdefault(outcome.key, []).append(outcome)
    names = dict.fromkeys((p.group, p.series) for p in perturbations)
    found = []
    for group, name in names:
        members = [p for p in perturbations if (p.group, p.series) == (group, name)]
        strengths = dict.fromkeys(p.strength for p in members)
        points = []
        for strength in strengths:
            at = [p for p in members if p.strength == strength]
            cases = [outcome for p in at for outcome in by_key.get(p.key, [])]
            if cases:
                points.append(_point(at, cases, bars))
        if points:
            found.append(_series(group, name, members[0].unit, points, bars))
    return found


def _point(members: Sequence[Perturbation], cases: Sequence[Outcome], bars: Bars) -> Point:
    first = members[0]
    scores = [case.score for case in cases]
    likeness = [case.likeness for case in cases if case.likeness is not None]
    kept = sum(case.kept for case in cases)
    words = NOISE_WORDS.get(first.series, ())
    not_risen = sum(
        case.score - case.before <= bars.rise or _holds(case.label, words) for case in cases
    )
    return Point(
        at=first.at if first.unit else "",
        strength=first.strength,
        kind=first.kind,
        cases=len(cases),
        kept=kept,
        not_risen=not_risen,
        score=float(np.mean(scores)),
        low=min(scores),
        high=max(scores),
        before=float(np.mean([case.before for case in cases])),
        rival=float(np.mean([case.rival_score for case in cases])),
        likeness=float(np.mean(likeness)) if likeness else None,
        note=_common_note(cases),
        passed=_passed(first, cases, kept, not_risen, bars),
        keys=tuple(p.key for p in members),
    )


def _common_note(cases: Sequence[Outcome]) -> str:
    notes = list(dict.fromkeys(case.note for case in cases if case.note))
    return notes[0] if len(notes) == 1 else f"{notes[0]} and others" if notes else ""


def _passed(first: Perturbation, cases, kept: int, not_risen: int, bars: Bars) -> bool | None:
    if first.kind == SAME:
        bit_equal = first.group != "polarity" or all(c.note.startswith("bit") for c in cases)
        return kept >= bars.kept * len(cases) and bit_equal
    if first.kind == FALL:
        return not_risen >= bars.kept * len(cases)
    if first.kind == HOLD:
        return all(case.best[1] < bars.quiet or fits(first.series, case.best[0]) for case in cases)
    if first.kind == MISTAKE:
        return benefit(cases) <= bars.rise
    return None


def fits(series: str, label: str) -> bool:
    """Tell whether a label is a fitting answer to nothing at all, or to noise."""
    return _holds(label, FITTING.get(series, ()))


def _holds(label: str, words: Sequence[str]) -> bool:
    return any(word in label.casefold() for word in words)


def benefit(cases: Sequence[Outcome]) -> float:
    """Return how much better a model is off with a mistake: the mean change of a score.

    It is the true label's where that is known, else the best label's. Above zero the mistake may
    already be in the checkpoint's settings, and be undone by being made once more.
    """
    known = [
        case.true_score - case.true_before
        for case in cases
        if case.true_score is not None and case.true_before is not None
    ]
    if known:
        return float(np.mean(known))
    return float(np.mean([case.best[1] - case.before for case in cases]))


def _series(group: str, name: str, unit: str, points: list[Point], bars: Bars) -> Series:
    holds_to, flips_at = None, None
    for point in points:
        if point.kept < bars.kept * point.cases:
            flips_at = point.at or "once"
            break
        holds_to = point.at or "once"
    series = Series(group, name, unit, tuple(points), holds_to, flips_at)
    return dataclasses.replace(series, sentence=_sentence(series, bars))


def _sentence(series: Series, bars: Bars) -> str:
    """Say in words what came of a series."""
    kind, name = series.points[0].kind, series.series
    last = series.points[-1]
    if kind == HOLD:
        return f"{name}: {'nothing' if last.passed else 'something'} is heard"
    if kind == MISTAKE:
        kept = sum(p.kept for p in series.points)
        cases = sum(p.cases for p in series.points)
        words = f"{name}: {kept} of {cases} keep their best label"
        if not all(p.passed for p in series.points):
            words += ", and the model is better off with the mistake: look at its own settings"
        return words
    if kind == TOLD:
        return f"{name}: {last.kept} of {last.cases} keep their best label"
    if not series.unit or series.points[0].at == series.points[-1].at:
        held = (
            "holds" if series.flips_at is None else f"{last.cases - last.kept} of {last.cases} flip"
        )
        return f"{name}: {held}"
    if series.flips_at is None:
        return f"{name}: holds to {series.holds_to}, the hardest that was tried"
    if series.holds_to is None:
        return f"{name}: flips from {series.flips_at} on, the mildest that was tried"
    return f"{name}: holds to {series.holds_to}, flips at {series.flips_at}"
