"""What a person wants to read of a timeline in a terminal."""

from __future__ import annotations

from ast_demo.timeline.timeline import Timeline, one_line


def to_listing(timeline: Timeline, name: str, on: float) -> str:
    """Return a timeline's events and notes, one a line, below what was read."""
    windows = f"{len(timeline.windows)} windows of {timeline.window_seconds:.2f} s"
    lines = [f"{name}  {clock(timeline.seconds)}, {windows} every {timeline.hop_seconds:.2f} s"]
    for event in timeline.events(on):
        times = f"{clock(event.start):>10} - {clock(event.end):>9}"
        lines.append(f"{times}  {event.peak:.2f}  {one_line(event.label)}")
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
