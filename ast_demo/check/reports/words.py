"""Words that every form of a report shares."""

from __future__ import annotations

from collections.abc import Mapping

ROWS_SHOWN = 25  # of long tables and lists
MARKS = {True: "met", False: "MISSED", None: "told"}


def facts_line(report: Mapping, made: str = "") -> str:
    """Say in one line what was checked, when, with which seed and bars."""
    settings = report["settings"]
    bars = ", ".join(f"{k} {v:g}" for k, v in settings["bars"].items() if v is not None)
    sounds = len(settings["sounds"])
    parts = [
        made,
        model_line(report["model"]),
        f"{sounds} sound{'s' if sounds != 1 else ''}",
        f"data {settings['data']}" if settings["data"] else "",
        "quick" if settings["quick"] else "full",
        f"seed {settings['seed']}",
        f"bars set before the run: {bars}",
        report["package"],
    ]
    return " · ".join(part for part in parts if part)


def model_line(model: Mapping) -> str:
    """Name a model in one line so that nobody can mistake it."""
    digest = model["weights_sha256"]
    parts = [
        model["checkpoint"] or "in memory",
        f"revision {model['revision'][:12]}" if model["revision"] else "",
        f"weights SHA-256 {digest[:16]}" if digest else "",
        f"{model['labels']} labels, {model['rule']}, {model['dtype']}",
        f"mean {model['mean']:g}, std {model['std']:g}",
    ]
    return ", ".join(part for part in parts if part)


def clip_notices(clips: Mapping) -> list[str]:
    """Say what a reader must know of labelled clips before he believes their numbers."""
    lines = []
    if clips["trained_on"]:
        count, first = len(clips["trained_on"]), ", ".join(clips["trained_on"][:3])
        words = "1 clip is" if count == 1 else f"{count} clips are"
        lines.append(
            f"{words} named in the model's credits: it may have been trained on them ({first})."
        )
    for pair in clips["swapped"]:
        lines.append(f"{pair[0]} and {pair[1]} look swapped: most clips carry the other's name.")
    if clips["label_errors"]:
        lines.append(
            "The model is sure of another label, which may be a label error: "
            f"{', '.join(clips['label_errors'][:10])}."
        )
    for label, close in list(clips["unknown_labels"].items())[:ROWS_SHOWN]:
        hint = f"; closest: {', '.join(close)}" if close else ""
        lines.append(f"Left out, since the model does not know the label: {label}{hint}.")
    lines += [f"Not read: {row['clip']}: {row['reason']}" for row in clips["unreadable"]]
    return lines[: 2 * ROWS_SHOWN]
