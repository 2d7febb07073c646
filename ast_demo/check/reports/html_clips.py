"""Labelled clips, as HTML."""

from __future__ import annotations

from collections.abc import Mapping

from ast_demo.check.reports import charts
from ast_demo.check.reports.html_table import table, text
from ast_demo.check.reports.words import clip_notices


def clip_section(report: Mapping) -> str:
    """Write everything about labelled clips; nothing where there are none."""
    clips = report["clips"]
    if not clips:
        return ""
    low, high = clips["top1_interval_95"]
    parts = [
        "<section><h2>Many clips</h2>",
        f"<p>{clips['clips']} clips of {clips['labels']} labels: top-1 {clips['top1']:.1%} "
        f"({low:.1%} to {high:.1%}), top-3 {clips['top3']:.1%}, mAP "
        f"{clips['mean_average_precision']:.3f}.</p>",
        _under(clips),
        _notices(clips),
        worst_table(report),
        _score_to_ask(clips),
        "<div class=scroll>"
        + charts.svg(
            charts.confusion_figure(clips["confusion"]["labels"], clips["confusion"]["counts"]),
            "confusion",
            "Confusion matrix; the classes are in the table below",
        )
        + "</div><div>"
        + charts.svg(
            charts.reliability_figure(clips["reliability"]),
            "reliability",
            "Scores against how often they are right",
        )
        + "</div>",
        _classes(clips),
        "</section>",
    ]
    return "\n".join(parts)


def _under(clips: Mapping) -> str:
    rows = [
        (
            key,
            f"{row['right'] / clips['clips']:.1%}",
            f"{row['interval_95'][0]:.1%} to {row['interval_95'][1]:.1%}",
        )
        for key, row in clips["under"].items()
    ]
    return table(("the same clips under", "top-1", "95 % interval"), rows) if rows else ""


def _notices(clips: Mapping) -> str:
    lines = clip_notices(clips)
    return "<ul>" + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ul>" if lines else ""


def worst_table(report: Mapping) -> str:
    """List the clips, or sounds, on which the model does worst."""
    rows = [(row["name"], row["words"]) for row in report["worst"]]
    return table(("clip", "what is wrong"), rows, "where it does worst") if rows else ""


def _score_to_ask(clips: Mapping) -> str:
    rows = [
        (
            row["label"] or "any label",
            "none reaches it" if row["score"] is None else f"{row['score']:.2f}",
            f"{row['right']} of {row['clips']}" if row["clips"] else "",
            f"{row['of']}",
        )
        for row in clips["score_to_ask"]
    ]
    words = "least score above which at least 90 % are right, by the lower end of a 95 % interval"
    return table(
        ("label", "score to ask for", "right above it", "clips given the label"), rows, words
    )


def _classes(clips: Mapping) -> str:
    rows = [
        (
            c["label"],
            str(c["clips"]),
            f"{c['recall']:.0%}",
            f"{c['precision']:.0%}",
            f"{c['average_precision']:.3f}",
        )
        for c in clips["per_class"]
    ]
    head = ("label", "clips", "recall", "precision", "average precision")
    return f"<details><summary>every class</summary>{table(head, rows)}</details>"
