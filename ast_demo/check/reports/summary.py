"""What to read first of a report: four numbers, about three sentences, the five worst clips."""

from __future__ import annotations

from collections.abc import Mapping

from ast_demo.check.perturbations.perturbation import FALL, SAME

WORST_CLIPS = 5
MOST_NAMED = 3  # of the changes under which a model gives way


def four_numbers(report: Mapping) -> list[dict]:
    """Return the numbers to read first: each a value and what it says."""
    points = [p for one in report["series"] for p in one["points"] if p["kind"] == SAME]
    cases, kept = sum(p["cases"] for p in points), sum(p["kept"] for p in points)
    numbers = []
    if cases:
        words = f"of {cases} harmless changes kept the best label"
        numbers.append({"value": f"{kept / cases:.0%}", "words": words})
    white = next((one for one in report["series"] if one["series"] == "white noise"), None)
    if white:
        value = white["holds_to"] or f"not even {white['flips_at']}"
        numbers.append({"value": value, "words": "white noise up to which the label holds"})
    clips, heat, comparison = report["clips"], report["heat"], report["comparison"]
    if clips:
        low, high = clips["top1_interval_95"]
        words = f"of {clips['clips']} labelled clips right ({low:.0%} to {high:.0%})"
        numbers.append({"value": f"{clips['top1']:.1%}", "words": words})
    if comparison:
        words = f"of {comparison['sounds']} sounds on which A and B agree"
        numbers.append({"value": str(comparison["agree"]), "words": words})
    if heat and heat["clips"]:
        value = f"{heat['beats']['relevance']['loudest cells']} of {heat['clips']}"
        numbers.append({"value": value, "words": "clips on which relevance beats loudness"})
    return numbers[:4]


def summary_sentences(report: Mapping) -> list[str]:
    """Say in about three sentences what a colleague should know of the model."""
    told = (_recognizes(report), _endures(report), _explains(report), _agrees(report))
    return [sentence for sentence in told if sentence]


def _recognizes(report: Mapping) -> str:
    clips = report["clips"]
    if clips:
        low, high = clips["top1_interval_95"]
        return (
            f"It names {clips['top1']:.0%} of {clips['clips']} labelled clips rightly "
            f"({low:.0%} to {high:.0%} of such clips)."
        )
    known = [s for s in report["sounds"] if s["true_score"] is not None]
    right = sum(s["true_score"] >= s["score"] for s in known)
    if not known:
        return "Nothing was labelled, so nobody knows how often it is right."
    if len(known) == 1:
        return f"It {'recognizes' if right else 'misses'} the one sound whose label is known."
    return f"It recognizes {right} of the {len(known)} sounds whose label is known."


def _endures(report: Mapping) -> str:
    series = [s for s in report["series"] if s["points"][0]["kind"] in (SAME, FALL)]
    if not series:
        return ""
    points = [p for one in series for p in one["points"] if p["kind"] == SAME]
    kept, cases = sum(p["kept"] for p in points), sum(p["cases"] for p in points)
    parts = [f"it keeps its best label in {kept} of {cases} changes that should not matter"]
    weak = [s for s in series if s["flips_at"] is not None]
    weak.sort(key=lambda s: s["points"][-1]["kept"] / s["points"][-1]["cases"])
    flips = [
        s["series"] if s["flips_at"] == "once" else f"{s['series']} (from {s['flips_at']} on)"
        for s in weak[:MOST_NAMED]
    ]
    if flips:
        parts.append(f"it gives way most often under {', '.join(flips)}")
    text = "; ".join(parts[not cases :])
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _explains(report: Mapping) -> str:
    heat = report["heat"]
    return heat["sentence"] if heat else ""


def _agrees(report: Mapping) -> str:
    comparison = report["comparison"]
    return comparison["sentence"] if comparison else ""


def worst_five(report: Mapping) -> list[dict]:
    """Return the clips, or the sounds, on which the model does worst, with what is wrong."""
    if report["clips"]:
        rows = [row for row in report["clips"]["rows"] if not row["right"]][:WORST_CLIPS]
        return [
            {
                "name": row["clip"],
                "words": f"called {row['best']} ({row['score']:.2f}), is "
                f"{', '.join(row['labels'])} ({row['true_score']:.2f})",
            }
            for row in rows
        ]
    same = {
        k for s in report["series"] for p in s["points"] if p["kind"] == SAME for k in p["keys"]
    }
    rows = []
    for sound in report["sounds"]:
        mine = [o for o in report["outcomes"] if o["sound"] == sound["sound"] and o["key"] in same]
        lost = [o for o in mine if not o["kept"]]
        if lost:
            words = f"{len(lost)} of {len(mine)} harmless changes flip it, such as {lost[0]['key']}"
            rows.append({"name": sound["sound"], "words": words, "share": len(lost) / len(mine)})
    rows.sort(key=lambda row: -row.pop("share"))
    return rows[:WORST_CLIPS]
