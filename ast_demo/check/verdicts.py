"""From curves to verdicts, by bars that are set before the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ast_demo.check.bars import Bars
from ast_demo.check.perturbations.perturbation import FALL, HOLD, MISTAKE, SAME, TOLD
from ast_demo.check.run import Outcome
from ast_demo.check.series import Point, Series, benefit

LEAST_ADDRESS_EFFECT = 0.01  # of a logit; rounding is far below


@dataclass(frozen=True)
class Verdict:
    """One line of the report's first table."""

    kind: str
    name: str
    measured: str
    bar: str
    passed: bool | None
    keys: tuple[str, ...] = field(default=())


def build_verdicts(
    series: Sequence[Series],
    outcomes: Sequence[Outcome],
    addresses: float | None,
    bars: Bars,
    measured: Sequence[str] = (),
) -> list[Verdict]:
    """Return one verdict a series and kind, in the order of kinds.

    Args:
        series: the curves.
        outcomes: what they are made of, and those of the sounds themselves.
        addresses: as `address_effect` returns it.
        bars: that were set before the run.
        measured: names of labelled clips, which have a bar of their own, top1.
    """
    verdicts = _named_sounds([o for o in outcomes if o.sound not in measured])
    if addresses is not None:
        verdicts.append(
            Verdict(
                *(HOLD, "the order of the patches matters"),
                f"shuffled addresses move a logit by {addresses:.3g}",
                f"more than {LEAST_ADDRESS_EFFECT:g}",
                addresses > LEAST_ADDRESS_EFFECT,
            )
        )
    for kind in (HOLD, SAME, FALL, MISTAKE, TOLD):
        for one in series:
            points = [point for point in one.points if point.kind == kind]
            if points:
                verdicts.append(_verdict(kind, one, points, outcomes, bars))
    return verdicts


def _named_sounds(outcomes: Sequence[Outcome]) -> list[Verdict]:
    """Ask that sounds whose label is known are recognized."""
    known = [
        (o.sound, o.true_score >= o.score)
        for o in outcomes
        if not o.key and o.true_score is not None
    ]
    if not known:
        return []
    wrong = [sound for sound, right in known if not right]
    measured = f"{len(known) - len(wrong)} of {len(known)} recognized"
    if wrong:
        measured += f", not {', '.join(wrong[:3])}"
    return [Verdict(HOLD, "sounds whose label is known", measured, "all", not wrong)]


def _verdict(kind: str, one: Series, points: Sequence[Point], outcomes, bars: Bars) -> Verdict:
    cases = sum(point.cases for point in points)
    kept = sum(point.kept for point in points)
    keys = tuple(key for point in points for key in point.keys)
    failed = [point for point in points if point.passed is False]
    where = f" ({', '.join(p.at for p in failed)})" if failed and len(points) > 1 else ""
    passed = None if kind == TOLD else not failed
    if kind == HOLD:
        label, score = max((o.best for o in outcomes if o.key in keys), key=lambda best: best[1])
        measured, bar = (
            f"best label {label}, {score:.2f}",
            f"below {bars.quiet:g}, or one that fits",
        )
    elif kind == SAME:
        measured = f"{kept} of {cases} keep their best label{where}"
        if one.group == "polarity":
            measured += f", {points[0].note}"
        bar = f"{bars.kept:.0%}" + (" and bit by bit" if one.group == "polarity" else "")
    elif kind == FALL:
        not_risen = sum(point.not_risen for point in points)
        measured = f"{not_risen} of {cases} do not rise{where}; {kept} keep their best label"
        bar = f"{bars.kept:.0%}, by {bars.rise:+g}"
    elif kind == MISTAKE:
        gain = max(benefit([o for o in outcomes if o.key in p.keys]) for p in points)
        measured = (
            f"{kept} of {cases} keep their best label; scores change by {round(gain, 2) + 0.0:+.2f}"
        )
        bar = f"at most {bars.rise:+g}"
    else:
        measured, bar = f"{kept} of {cases} keep their best label", "none"
    return Verdict(kind, one.series, measured, bar, passed, keys)


def extra_verdicts(report: Mapping, bars: Bars) -> list[Verdict]:
    """Return verdicts on comparison, labelled clips and heat, by the bars that were set."""
    verdicts = []
    comparison, clips, heat = report["comparison"], report["clips"], report["heat"]
    if comparison:
        share = comparison["agree"] / comparison["sounds"]
        measured = f"{comparison['agree']} of {comparison['sounds']} best labels agree"
        verdicts.append(_barred("A against B", measured, share, bars.agree))
    if clips:
        low, high = clips["top1_interval_95"]
        measured = f"{clips['top1']:.1%} right ({low:.1%} to {high:.1%})"
        verdicts.append(_barred("labelled clips", measured, clips["top1"], bars.top1))
        pairs = " and ".join(", ".join(f"{a} / {b}" for a, b in clips["swapped"][:3]).split(" / "))
        found = f"most clips of {pairs} are called by each other's name" if pairs else "none"
        verdicts.append(
            Verdict("must hold", "no two labels are swapped", found, "none", not clips["swapped"])
        )
    if heat and heat["clips"]:
        won = heat["beats"]["relevance"]["loudest cells"]
        measured = f"relevance beats loudness on {won} of {heat['clips']} clips"
        verdicts.append(_barred("heat", measured, won / heat["clips"], bars.heat))
    return verdicts


def _barred(name: str, measured: str, share: float, bar: float | None) -> Verdict:
    if bar is None:
        return Verdict("told", name, measured, "none", None)
    return Verdict("must hold", name, measured, f"at least {bar:.0%}", share >= bar)


def exit_code(report: Mapping) -> int:
    """Return 3 where a bar was missed, else 0."""
    return 3 if report["missed"] else 0
