"""A timeline as a table, as JSON, and as a label track for audio editors."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

from ast_demo.timeline.timeline import SILENCE_DB, Timeline

SECOND_DIGITS = 3  # of a time in seconds: a frame is 0.010 s
SCORE_DIGITS = 5


def to_csv(timeline: Timeline) -> str:
    """Return one line per window: start, end, level, marks, then the score of every label."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["start_seconds", "end_seconds", "level_db", "marks", *timeline.labels])
    rows = zip(timeline.windows, timeline.levels, timeline.marks(), timeline.scores)
    for (start, end), level, marks, scores in rows:
        times = (f"{start:.{SECOND_DIGITS}f}", f"{end:.{SECOND_DIGITS}f}", f"{level:.1f}")
        table.writerow([*times, marks, *(f"{score:.{SCORE_DIGITS}f}" for score in scores)])
    return text.getvalue()


def to_json(timeline: Timeline, on: float) -> str:
    """Return everything as one JSON object, the events that begin at a score of `on` included."""
    entries = to_dict(timeline, on).items()
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def to_dict(timeline: Timeline, on: float) -> dict:
    """Return everything as plain numbers and texts; scores are [window][label]."""
    return {
        "model": timeline.model,
        "rule": timeline.rule,
        "seconds": round(timeline.seconds, SECOND_DIGITS),
        "window_seconds": round(timeline.window_seconds, SECOND_DIGITS),
        "hop_seconds": round(timeline.hop_seconds, SECOND_DIGITS),
        "silence_db": SILENCE_DB,
        "notes": list(timeline.notes),
        "gaps": [[round(t, SECOND_DIGITS) for t in gap] for gap in timeline.gaps],
        "labels": timeline.labels,
        "windows": [[round(float(t), SECOND_DIGITS) for t in row] for row in timeline.windows],
        "levels_db": [round(float(level), 1) for level in timeline.levels],
        "marks": timeline.marks(),
        "scores": [[round(float(s), SCORE_DIGITS) for s in row] for row in timeline.scores],
        "threshold": on,
        "events": event_dicts(timeline, on),
    }


def event_dicts(timeline: Timeline, on: float, off: float | None = None) -> list[dict]:
    """Return the events as plain numbers and texts."""
    return [
        asdict(event)
        | {
            "start": round(event.start, SECOND_DIGITS),
            "end": round(event.end, SECOND_DIGITS),
            "peak": round(event.peak, SCORE_DIGITS),
        }
        for event in timeline.events(on, off)
    ]


def to_audacity(timeline: Timeline, on: float) -> str:
    """Return one line per event: start, end and label with its peak score, separated by tabs.

    Source: Audacity manual, "Importing and Exporting Labels"; Sonic Visualiser reads the same.
    """
    return "".join(
        f"{event.start:.6f}\t{event.end:.6f}\t{_one_line(event.label)} {event.peak:.2f}\n"
        for event in timeline.events(on)
    )


def to_listing(timeline: Timeline, name: str, on: float) -> str:
    """Return what a person wants to read of a timeline: its events and notes."""
    windows = f"{len(timeline.windows)} windows of {timeline.window_seconds:.2f} s"
    lines = [f"{name}  {clock(timeline.seconds)}, {windows} every {timeline.hop_seconds:.2f} s"]
    for event in timeline.events(on):
        times = f"{clock(event.start):>10} - {clock(event.end):>9}"
        lines.append(f"{times}  {event.peak:.2f}  {_one_line(event.label)}")
    if len(lines) == 1:
        lines.append(f"    no label reached {on:g}")
    lines.extend(f"    note: {note}" for note in timeline.notes)
    return "\n".join(lines) + "\n"


def clock(seconds: float) -> str:
    """Write a time as 0:07.7 or 1:02:07.7."""
    tenths = round(10 * seconds)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths / 10:04.1f}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
