"""Files to download: figure, table, arrays and report of an explained sound."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ast_demo.explain.explanation import Explanation
from ast_demo.explain.provenance import provenance, provenance_line
from ast_demo.figures.view import View
from ast_demo.tables import BYTE_ORDER_MARK, table_text

FIGURE_TYPES = {"png": "image/png", "svg": "image/svg+xml"}
VIEW_CHOICES = tuple(choice.name for choice in dataclasses.fields(View))
REPORT_LABELS = 50  # in the JSON report; the table holds all


def figure_file(
    explanation: Explanation,
    title: str,
    kind: str,
    heat: np.ndarray | None,
    heat_name: str,
    request: dict,
) -> bytes:
    """Return the figure of the chosen view as PNG or SVG, with its provenance below.

    Raises:
        ValueError: if the request asks for a view that does not exist.
    """
    from ast_demo.figures.figure import (  # matplotlib: when asked for
        explanation_figure,
        figure_bytes,
    )

    figure = explanation_figure(
        explanation,
        title=title,
        heat=heat,
        heat_name=heat_name,
        view=view_of(request),
        provenance=provenance_line(explanation),
    )
    return figure_bytes(figure, kind)


def view_of(request: dict) -> View:
    """Take the choices of the explorer from a request; what it leaves out keeps its default.

    Raises:
        ValueError: for a choice that does not exist.
    """
    choices = {name: request[name] for name in VIEW_CHOICES if request.get(name) is not None}
    return View(**choices)


def tables_csv(explanation: Explanation, heat: np.ndarray | None, heat_name: str) -> bytes:
    """Return all labels with their scores, then all patches with theirs, as two tables.

    An empty line stands between them; the provenance and what the tables are, in comment lines.
    """
    origin = "".join(
        f"# {key}: {json.dumps(value)}\n" for key, value in provenance(explanation).items()
    )
    labels = [(label, f"{score:.6f}") for label, score in explanation.scores.items()]
    units = ("start_seconds", "end_seconds", "low_hertz", "high_hertz")
    values = ("mean_value", "rollout") + (() if heat is None else ("heat",))
    parts = [
        BYTE_ORDER_MARK + origin + table_text(("label", "score"), labels),
        f"\n# patches; heat: {json.dumps(heat_name or None)}\n",
        table_text(("token", "row", "column", *units, *values), _patch_rows(explanation, heat)),
    ]
    return "".join(parts).encode("utf-8")


def _patch_rows(explanation: Explanation, heat: np.ndarray | None) -> Iterator[tuple]:
    """Go through the patches: where each is, what it holds, how hot it is."""
    grid = explanation.grid
    for f in range(grid.freq_patches):
        for t in range(grid.time_patches):
            cells = explanation.input_values[np.ix_(grid.frames(t), grid.mel_bins(f))]
            numbers = [cells.mean(), explanation.rollout[f, t]]
            numbers += [] if heat is None else [heat[f, t]]
            place = [f"{number:.4f}" for number in (*grid.seconds(t), *grid.hertz(f))]
            yield (grid.token(f, t), f, t, *place, *(f"{number:.6g}" for number in numbers))


def arrays_npz(explanation: Explanation, heat: np.ndarray | None, heat_name: str) -> bytes:
    """Return the arrays that were shown, for numpy.load (nothing in it needs pickle)."""
    arrays: dict[str, Any] = {  # one of savez's own keywords, of later versions, takes a bool
        "waveform": explanation.waveform,
        "log_mel": explanation.log_mel,
        "input_values": explanation.input_values,
        "rollout": explanation.rollout,
        "labels": np.array(list(explanation.scores), dtype=np.str_),
        "scores": np.array(list(explanation.scores.values()), dtype=np.float32),
        "provenance": np.array(json.dumps(provenance(explanation))),
    }
    if heat is not None:
        arrays |= {"heat": heat, "heat_name": np.array(heat_name)}
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def report_json(
    explanation: Explanation, title: str, heat: np.ndarray | None, heat_name: str
) -> bytes:
    """Return what was found and how, as one JSON object with units in its names."""
    grid = explanation.grid
    report = {
        "title": title,
        "seconds": explanation.seconds,
        "notes": list(explanation.notes),
        "num_frames": explanation.num_frames,
        "labels": dict(explanation.top(REPORT_LABELS)),
        "rollout_special_share": explanation.special_share,
        "grid": {"freq_patches": grid.freq_patches, "time_patches": grid.time_patches},
        "provenance": provenance(explanation),
    }
    if heat is not None:
        f, t = divmod(int(heat.argmax()), grid.time_patches)
        report["heat"] = {
            "name": heat_name,
            "hottest_token": grid.token(f, t),
            "hottest_hertz": list(grid.hertz(f)),
            "hottest_seconds": list(grid.seconds(t)),
            "hottest_value": float(heat.max()),
        }
    return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
