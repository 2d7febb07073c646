"""How the answers of `classify` and `explain` are printed: for people, as JSON lines, as CSV."""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import sys
from pathlib import Path

from ast_demo.tables import plain_cell

BAR_WIDTHS = (10, 40)  # letters of a full bar, narrow and wide terminals
EIGHTHS = " ▏▎▍▌▋▊▉█"
SCORE_DIGITS = 5

RULES = {
    "sigmoid": "sigmoid scores: labels may overlap",
    "softmax": "softmax scores: labels exclude each other",
    "linear": "linear outputs",
}


def make_report(options: argparse.Namespace, stream):
    """Return the report that the options ask for."""
    if options.json:
        return JsonReport(stream, options.top)
    if options.csv:
        return CsvReport(stream, options.top)
    return TableReport(stream, options.top)


class TableReport:
    """Labels with bars, notes and, for explanations, the patches most listened to."""

    def __init__(self, stream, top: int):
        self._stream = stream
        self._top = top
        self._fine = can_show(EIGHTHS, stream)
        self._colour = stream.isatty() and "NO_COLOR" not in os.environ
        self._timings: list[dict[str, float]] = []

    def sound(self, place: str, audio, prediction, extra: dict) -> None:
        """Print what was heard in one sound."""
        self._timings.append(prediction.timings)
        ranked = chosen(prediction, self._top)
        label_width = max(len(one_line(label)) for label, _ in ranked)
        self._print(f"{self._bold(one_line(place))}  {audio.seconds:.2f} s")
        if prediction.abstains:
            limit = f"no score reaches {prediction.threshold:.2f}"
            self._print(f"  {prediction.answer} ({limit})")
        width = shutil.get_terminal_size().columns - label_width - 14
        width = min(max(width, BAR_WIDTHS[0]), BAR_WIDTHS[1])
        for label, score in ranked:
            drawn = bar(score, width, self._fine) if prediction.rule != "linear" else ""
            self._print(f"  {one_line(label):{label_width}}  {score:6.3f}  {drawn}".rstrip())
        for note in prediction.notes:
            self._print(self._soft(f"  {note}"))
        if "hottest_patches" in extra:
            self._print(f"  {extra['heat']}, strongest patches:")
            for patch in extra["hottest_patches"]:
                self._print(f"    {describe_patch(patch)}")
        if "figure" in extra:
            self._print(f"  figure: {one_line(extra['figure'])}")
        self._print("")

    def refused(self, place: str, reason: str) -> None:
        """Report a sound that cannot be used."""
        complain(place, reason)

    def end(self, classifier) -> None:
        """Print once what made all the answers, and how long a sound took."""
        if not self._timings:
            return
        dtype = str(classifier.dtype).removeprefix("torch.")
        name = "model" if classifier.checkpoint is None else classifier.checkpoint.name
        stages = ", ".join(
            f"{stage} {median([timing[stage] for timing in self._timings]):.0f} ms"
            for stage in self._timings[0]
        )
        usual = " (median)" if len(self._timings) > 1 else ""
        line = f"{name}, {dtype} on {classifier.device.type}; {RULES[classifier.rule]}; {stages}"
        self._print(self._soft(line + usual))

    def _print(self, line: str) -> None:
        print(line, file=self._stream)

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._colour else text

    def _soft(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self._colour else text


class JsonReport:
    """One JSON object a line and sound, those that cannot be used included."""

    def __init__(self, stream, top: int):
        self._stream = stream
        self._top = top

    def sound(self, place: str, audio, prediction, extra: dict) -> None:
        """Print one sound."""
        ranked = chosen(prediction, self._top)
        self._print(
            {
                "file": place,
                "seconds": round(audio.seconds, 4),
                "rule": prediction.rule,
                "abstains": prediction.abstains,
                "labels": [
                    {"label": label, "score": round(score, SCORE_DIGITS)} for label, score in ranked
                ],
                "notes": list(prediction.notes),
                "timings_ms": {
                    stage: round(spent, 2) for stage, spent in prediction.timings.items()
                },
                **extra,
            }
        )

    def refused(self, place: str, reason: str) -> None:
        """Print a sound that cannot be used."""
        self._print({"file": place, "error": reason})

    def end(self, classifier) -> None:
        """Print nothing more: each line stands alone."""

    def _print(self, entry: dict) -> None:
        text = json.dumps(entry, ensure_ascii=False)
        text = text if can_show(text, self._stream) else ascii_json(text)
        print(text, file=self._stream, flush=True)


class CsvReport:
    """One line a label: file, rank from 1, label, score."""

    def __init__(self, stream, top: int):
        self._table = csv.writer(stream, lineterminator="\n")
        self._table.writerow(["file", "rank", "label", "score"])
        self._top = top

    def sound(self, place: str, audio, prediction, extra: dict) -> None:
        """Print one sound."""
        for rank, (label, score) in enumerate(chosen(prediction, self._top), start=1):
            self._table.writerow(
                [plain_cell(place), rank, plain_cell(label), f"{score:.{SCORE_DIGITS}f}"]
            )

    def refused(self, place: str, reason: str) -> None:
        """Report a sound that cannot be used."""
        complain(place, reason)

    def end(self, classifier) -> None:
        """Print nothing more."""


def chosen(prediction, top: int) -> list[tuple[str, float]]:
    """Return the best labels; all of them for 0."""
    return prediction.top(top or len(prediction.scores))


def bar(score: float, width: int, fine: bool) -> str:
    """Draw a score from 0 to 1, in eighths of a letter or, where those cannot be shown, in #."""
    score = min(max(score, 0.0), 1.0)
    if not fine:
        return "#" * round(score * width)
    eighths = round(score * width * 8)
    return EIGHTHS[8] * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")


def describe_patch(patch: dict) -> str:
    """Say in one line where a patch lies and how it compares."""
    (start, end), (low, high) = patch["seconds"], patch["hertz"]
    return (
        f"{start:5.2f} to {end:5.2f} s  {low:5d} to {high:5d} Hz  "
        f"{patch['times_mean']:5.2f} x mean  row {patch['row']}, column {patch['column']} "
        f"(token {patch['token']})"
    )


def complain(place: str, reason: str) -> None:
    """Report a sound that cannot be used where errors go; the reason begins with its name."""
    sys.stdout.flush()
    reason = reason.removeprefix(Path(place).name).lstrip()
    print(f"{one_line(place)}: {one_line(reason)}", file=sys.stderr, flush=True)


def can_show(letters: str, stream) -> bool:
    """Tell whether a stream's encoding holds some letters."""
    try:
        letters.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def ascii_json(text: str) -> str:
    """Return JSON that says the same without any letter that an encoding might lack."""
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """Return text without control characters, which a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def median(values: list[float]) -> float:
    """Return the middle value."""
    return sorted(values)[len(values) // 2]
