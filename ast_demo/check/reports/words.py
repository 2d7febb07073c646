"""Words that every form of a report shares."""

from __future__ import annotations

from collections.abc import Mapping

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
