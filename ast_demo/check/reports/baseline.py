"""What changed since an earlier report, and a block for a model card."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from ast_demo.check.reports.json_report import VERSION
from ast_demo.check.run import CheckError

CHANGED_SCORE = 0.05  # of a point's mean score: less is not told
LINES = 12  # of verdicts in a model card


def read_report(file: str | Path) -> dict:
    """Read the JSON of an earlier check.

    Raises:
        CheckError: if it is none, or of another version.
    """
    path = Path(file)
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckError(f"{path.name} is no report of a check ({error}).") from None
    if not isinstance(report, dict) or "verdicts" not in report or "series" not in report:
        raise CheckError(f"{path.name} is no report of a check: give the JSON of `check -o`.")
    if report.get("version") != VERSION:
        raise CheckError(
            f"{path.name} is a report of version {report.get('version')!r}, expected {VERSION}: "
            "make it again with this program."
        )
    return report


def require_same_settings(settings: Mapping, baseline: Mapping) -> None:
    """Refuse a baseline that did not do the same as a check is about to do, or did.

    Raises:
        CheckError: with what differs.
    """
    differing = [
        f"{name} {baseline['settings'].get(name)} there, {settings.get(name)} here"
        for name in ("quick", "only", "seed", "sounds", "data")
        if settings.get(name) != baseline["settings"].get(name)
    ]
    if differing:
        raise CheckError(
            f"the baseline was made with other settings ({'; '.join(differing)}): make both with "
            "the same command."
        )


def changes_since(report: Mapping, baseline: Mapping) -> dict:
    """Return what differs from an earlier report: verdicts, breaking points, scores, top-1.

    Raises:
        CheckError: if the two did not do the same, with what differs.
    """
    require_same_settings(report["settings"], baseline)
    before = {(v["kind"], v["name"]): v for v in baseline["verdicts"]}
    verdicts = []
    for verdict in report["verdicts"]:
        old = before.get((verdict["kind"], verdict["name"]))
        if old and (old["passed"] != verdict["passed"]):
            verdicts.append(
                {
                    "name": verdict["name"],
                    "kind": verdict["kind"],
                    "before": old["passed"],
                    "now": verdict["passed"],
                    "measured": verdict["measured"],
                }
            )
    return {
        "baseline": baseline["model"].get("checkpoint"),
        "baseline_sha256": baseline["model"].get("weights_sha256"),
        "bars": moved_bars(report["settings"]["bars"], baseline["settings"].get("bars", {})),
        "verdicts": verdicts,
        "series": _moved_series(report, baseline),
        "top1": _pair(report, baseline, "clips", "top1"),
        "worse": sum(bool(v["before"]) and v["now"] is False for v in verdicts),
    }


def moved_bars(now: Mapping, before: Mapping) -> list[str]:
    """Say which bars were set otherwise, so that no verdict turns unseen."""
    return [
        f"{name} was {_bar(before.get(name))} and is {_bar(bar)}"
        for name, bar in now.items()
        if bar != before.get(name)
    ]


def _bar(value: float | None) -> str:
    return "not set" if value is None else f"{value:g}"


def _moved_series(report: Mapping, baseline: Mapping) -> list[dict]:
    old = {one["series"]: one for one in baseline["series"]}
    moved = []
    for one in report["series"]:
        before = old.get(one["series"])
        if before is None:
            continue
        scores = {p["strength"]: p["score"] for p in before["points"]}
        changes = [
            p["score"] - scores[p["strength"]] for p in one["points"] if p["strength"] in scores
        ]
        greatest = max(changes, key=abs, default=0.0)
        if before["holds_to"] != one["holds_to"] or abs(greatest) >= CHANGED_SCORE:
            moved.append(
                {
                    "series": one["series"],
                    "holds_to_before": before["holds_to"],
                    "holds_to": one["holds_to"],
                    "greatest_change": round(greatest, 4),
                }
            )
    return moved


def _pair(report: Mapping, baseline: Mapping, part: str, name: str) -> list | None:
    if not report.get(part) or not baseline.get(part):
        return None
    return [baseline[part][name], report[part][name]]


def card_block(report: Mapping) -> str:
    """Write what a model card should say of a check, as Markdown."""
    model, settings = report["model"], report["settings"]
    digest, count = (model["weights_sha256"] or "in memory")[:16], len(settings["sounds"])
    lines = [
        "## Behavioural check",
        "",
        f"Weights SHA-256 `{digest}`, {model['dtype']}, seed {settings['seed']}, "
        f"{count} sound{'s' * (count != 1)}; bars were set before the run.",
        "",
        "| what | measured | bar | |",
        "|---|---|---|---|",
    ]
    shown = [v for v in report["verdicts"] if v["passed"] is False]
    shown += [v for v in report["verdicts"] if v["passed"]]
    for verdict in shown[:LINES]:
        mark = "met" if verdict["passed"] else "**missed**"
        name = f"{verdict['kind']}: {verdict['name']}"
        cells = [_cell(words) for words in (name, verdict["measured"], verdict["bar"])]
        lines.append(f"| {' | '.join(cells)} | {mark} |")
    if len(shown) > LINES:
        lines.append(f"| and {len(shown) - LINES} more | all met | | met |")
    changes = report.get("changes")
    if changes:
        lines += ["", f"Since `{(changes['baseline_sha256'] or 'the baseline')[:16]}`:", ""]
        lines += [f"- the bar {words}" for words in changes["bars"]]
        lines += [
            f"- {row['series']}: held to {row['holds_to_before'] or 'nothing'}, now "
            f"{row['holds_to'] or 'nothing'}; greatest change of a score "
            f"{row['greatest_change']:+.2f}"
            for row in changes["series"]
        ] or ["- no breaking point moved."]
    lines += ["", "Not tested: " + " ".join(report["not_tested"])]
    if report["command"]:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", report["command"])), default=0))
        lines += ["", f"{fence}sh", report["command"], fence]
    return "\n".join(lines) + "\n"


def _cell(words: str) -> str:
    """Write words into a cell of a table; a label with a bar in it makes no new cell."""
    return " ".join(str(words).split()).replace("|", r"\|")
