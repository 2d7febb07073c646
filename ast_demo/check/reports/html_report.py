"""A report as one HTML file: no script, no other file, readable in print, by day and by night."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ast_demo.check.reports.html_bends import (
    change_section,
    curve_section,
    once_section,
    verdict_section,
)
from ast_demo.check.reports.html_clips import clip_section, worst_table
from ast_demo.check.reports.html_comparison import comparison_section
from ast_demo.check.reports.html_heat import heat_section
from ast_demo.check.reports.html_table import table, text
from ast_demo.check.reports.words import facts_line, model_line

STYLE = Path(__file__).with_name("report.css")


def to_html(report: Mapping, made: str = "") -> str:
    """Write a report as one HTML file.

    Args:
        report: as `CheckRun.report` returns it.
        made: when it was made; no part of the report itself, which is the same for the same seed.
    """
    name = report["model"]["checkpoint"] or "a model in memory"
    parts = [
        _head(report, name, made),
        verdict_section(report),
        change_section(report),
        curve_section(report),
        once_section(report),
        comparison_section(report),
        clip_section(report),
        heat_section(report),
        _sound_section(report),
        _end(report),
    ]
    body = "\n".join(part for part in parts if part)
    style = STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>Check of {text(name)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(report: Mapping, name: str, made: str) -> str:
    missed, total = report["missed"], sum(v["passed"] is not None for v in report["verdicts"])
    words = f"{missed} of {total} bars missed" if missed else f"all {total} bars met"
    numbers = "".join(
        f"<div><b>{text(n['value'])}</b>{text(n['words'])}</div>" for n in report["numbers"]
    )
    summary = " ".join(text(sentence) for sentence in report["summary"])
    lines = [f"<p>{summary}</p>", f'<p class="facts">{text(facts_line(report, made))}</p>']
    if report["against"]:
        lines.append(f'<p class="facts">B: {text(model_line(report["against"]))}</p>')
    return (
        f"<header>\n<h1>Check of {text(name)}: {words}</h1>\n"
        f'{"".join(lines)}\n<div class="numbers">{numbers}</div>\n</header>'
    )


def _sound_section(report: Mapping) -> str:
    rows = [
        (s["sound"], f"{s['best']} {s['score']:.2f}", f"{s['rival']} {s['rival_score']:.2f}")
        for s in report["sounds"]
    ]
    worst = "" if report["clips"] else worst_table(report)
    named = table(("sound", "best label", "next"), rows)
    return f"<section><h2>Sounds</h2>{worst}{named}</section>" if rows else ""


def _end(report: Mapping) -> str:
    lines = "".join(f"<li>{text(line)}</li>" for line in report["not_tested"])
    command = ""
    if report["command"]:
        command = f"<h2>Make it again</h2><pre>{text(report['command'])}</pre>"
    return f"<section><h2>What was not tested</h2><ul>{lines}</ul>{command}</section>"
