"""The work behind the Timeline tab: slide, keep, and answer what the page asks about a timeline."""

from __future__ import annotations

import math
import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.tables import BYTE_ORDER_MARK
from ast_demo.timeline.events import ON_SCORE
from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.limits import MEGABYTE
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import new_file, open_here, sound_path
from ast_demo.ui.services.visitor import current_visitor
from ast_demo.ui.sound.file_input import TRIED_SECONDS, read_told
from ast_demo.values import is_number, quoted, refused

if TYPE_CHECKING:  # torch: not before the first page
    from ast_demo.timeline.timeline import Timeline

KEPT_TIMELINES = 32
KEPT_BYTES = 64 * MEGABYTE  # three hours of everyday sounds are 1 MB
OVERLAPS = (1, 2, 4)  # windows over each moment that the page offers
LEAST_PEAK = 0.05  # labels that never reach it are not sent to the page
PARTIAL_SECONDS = 1.5  # between pictures of an unfinished timeline
PARTIAL_WINDOWS = 1500  # beyond these an unfinished timeline is no longer sent
OVERVIEW_PERCENTILES = (5, 99.8)  # of its energies: what is black, what is brightest
OVERVIEW_LEAST_RANGE = 4.0  # natural-log energy: silence is not stretched into a picture
MAX_VALUES = 8_000_000  # scores of one timeline: 32 MB
OWN_SECONDS = 30 * 86400.0  # of a recording on the page's own machine
PATH_SHOWN = 200  # characters of a path that a message repeats
EXPORTS = {"csv": "text/csv", "json": "application/json", "audacity": "text/plain"}
SUFFIXES = {"csv": ".csv", "json": ".json", "audacity": ".txt"}


@dataclass
class KeptTimeline:
    """A timeline and the recording it belongs to."""

    timeline: Timeline
    path: Path
    title: str

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return self.timeline.nbytes


def kept_timelines() -> ExpiringCache:
    """Make the store of the latest timelines."""
    return ExpiringCache(KEPT_TIMELINES, KEPT_BYTES, what="this timeline is")


def slide(services: Services, path: str | None, model: str | None, hop_seconds: float | None):
    """Yield (classifier, Step) for a sound file of this page, waiting for turns in the model.

    Raises:
        ValueError: if the path lies elsewhere, the file cannot be read or the hop is too short.
    """
    from ast_demo.timeline.sliding_window import timeline_steps

    file = services.sound_file(path)
    classifier = services.models.get(model)
    most = longest_recording(services)
    if hop_seconds is not None and hop_seconds > 0:  # the rest is cut off, with a note
        most = min(most, MAX_VALUES / len(classifier.labels) * hop_seconds)
    steps = timeline_steps(classifier, file, hop_seconds=hop_seconds, max_seconds=most)
    try:
        with services.recording_place():
            while (step := services.run_model(next, steps, None)) is not None:
                yield classifier, step  # a batch of windows; others get their turns between
    finally:
        steps.close()


def check_threshold(threshold: float) -> None:
    """Refuse a score at which no event could begin, before the work is done.

    Raises:
        ValueError: if it is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise refused("threshold", threshold, "above 0 and at most 1")


def longest_recording(services: Services) -> float:
    """Return the seconds after which a recording is cut: those that the host has set, if any.

    Where he has set none, a page for its own machine alone follows recordings of any length.
    """
    limit = services.limits.timeline_seconds
    unset = limit == type(services.limits).__dataclass_fields__["timeline_seconds"].default
    return OWN_SECONDS if services.local and unset else float(limit)


def timeline_views(
    services: Services, kept: ExpiringCache, request: dict, model: str
) -> Iterator[dict]:
    """Yield what the component shows while a recording is computed, and at the end.

    Args:
        request: "path" of the recording, its "title", a "note" on what the browser did to it,
            "overlap": windows over each moment, and "job": a number that comes back with each view,
            so that a late one is recognized.
    """
    job = request.get("job")
    views = _views(services, kept, request, model)
    try:
        yield from (view | {"job": job if isinstance(job, int) else None} for view in views)
    finally:
        views.close()


def _views(services: Services, kept: ExpiringCache, request: dict, model: str):
    yield {"status": "busy", "stage": _first_stage(services, model), "fraction": None}
    try:
        file = read_told(request)
        title = file.title or Path(file.path).name
        overlap = request.get("overlap")
        if overlap not in OVERLAPS:
            raise ValueError(f"the overlap is {overlap!r}, expected one of {OVERLAPS}."[:200])
        classifier = services.models.get(model)
        abstention = classifier.config.abstention_threshold
        hop_seconds = classifier.extractor.max_length // overlap / 100
        drawn = -math.inf
        for _, step in slide(services, file.path, model, hop_seconds):
            partial = None
            if time.monotonic() - drawn > PARTIAL_SECONDS:
                so_far = step.timeline()
                if len(so_far.windows):
                    drawn = time.monotonic()
                if 0 < len(so_far.windows) <= PARTIAL_WINDOWS:
                    partial = timeline_facts(so_far, None, title, step.total, abstention)
            yield _progress(step, partial)
        timeline = step.timeline()
        if file.note:  # of what the browser did before the sound came here
            timeline.notes = (file.note, *timeline.notes)
        key = secrets.token_urlsafe(16)
        kept.put(key, KeptTimeline(timeline, sound_path(file.path, services.examples), title))
        yield timeline_facts(timeline, key, title, timeline.seconds, abstention)
    except Exception as error:
        if not isinstance(error, ValueError):
            traceback.print_exception(error)
        yield {"status": "error", "message": user_message(error)}


def _first_stage(services: Services, model: str) -> str:
    return "Opening the recording" if services.models.is_loaded(model) else "Loading the model"


def _progress(step, partial: dict | None) -> dict:
    return {
        "status": "busy",
        "stage": "Listening",
        "fraction": min(1.0, step.seconds / step.total) if step.total else None,
        "seconds": step.seconds,
        "total": step.total,
        "partial": partial,
    }


def timeline_facts(
    timeline, key: str | None, title: str, total: float | None, abstention: float = 0.0
) -> dict:
    """Pack a timeline for the page: one byte a score, and only labels that ever count.

    Args:
        timeline: what was found, also so far.
        key: under which the whole timeline is kept, None for a part.
        title: of the recording.
        total: seconds of the whole recording, if known.
        abstention: best score under which a window holds nothing that the model knows.
    """
    peaks = timeline.scores.max(axis=0, initial=0.0)
    shown = np.flatnonzero(peaks >= LEAST_PEAK)
    return {
        "status": "ready",
        "id": key,
        "title": title,
        "model": timeline.model,
        "rule": timeline.rule,
        "seconds": round(timeline.seconds, 3),
        "total": round(total or timeline.seconds, 3),
        "window_seconds": round(timeline.window_seconds, 3),
        "hop_seconds": round(timeline.hop_seconds, 3),
        "threshold": ON_SCORE,
        "abstention": abstention,
        "labels": [timeline.labels[index] for index in shown],
        "peaks": [round(float(peaks[index]), 4) for index in shown],
        "windows": [[round(float(t), 3) for t in window] for window in timeline.windows],
        "scores": rpc.packed_shares(timeline.scores[:, shown]),
        "levels": [round(float(level), 1) for level in timeline.levels],
        "marks": timeline.marks(),
        "gaps": [[round(t, 3) for t in gap] for gap in timeline.gaps],
        "notes": list(timeline.notes),
        "overview": overview_facts(timeline),
    }


def overview_facts(timeline) -> dict | None:
    """Pack the small picture of the whole recording, one byte a cell, column after column."""
    picture = timeline.overview
    if picture is None or not picture.size:
        return None
    low, high = np.percentile(picture, OVERVIEW_PERCENTILES)
    return {
        "columns": len(picture),
        "rows": picture.shape[1],
        "column_seconds": round(timeline.overview_seconds, 3),
        "cells": rpc.packed_shares((picture - low) / max(high - low, OVERVIEW_LEAST_RANGE)),
    }


# What the page asks afterwards


def server_functions(services: Services, kept: ExpiringCache) -> list[Callable]:
    """List the functions for the tab's gr.HTML, which offers them to its JavaScript."""
    handlers = (
        timeline_events,
        timeline_export,
        timeline_window,
        timeline_examples,
        timeline_path,
    )
    return [rpc.served(handler, services, kept) for handler in handlers]


def timeline_events(services: Services, kept, request: dict) -> dict:
    """Return the events that begin at a score `on`."""
    timeline = kept.get(str(request.get("id"))).timeline
    return {"events": timeline.event_dicts(_threshold(request))}


def timeline_export(services: Services, kept, request: dict) -> dict:
    """Return a timeline as a file: `kind` csv, json or audacity."""
    entry = kept.get(str(request.get("id")))
    kind = request.get("kind")
    if kind not in EXPORTS:
        raise ValueError(f"the kind is {str(kind)[:40]!r}, expected one of {', '.join(EXPORTS)}.")
    on = _threshold(request)
    timeline = entry.timeline
    make = {
        "csv": lambda: BYTE_ORDER_MARK + timeline.to_csv(),
        "json": lambda: timeline.to_json(on),
        "audacity": lambda: timeline.to_audacity(on),
    }
    name = f"{Path(entry.title).stem or 'timeline'}{SUFFIXES[kind]}"
    with services.place():
        return {"name": name, "type": EXPORTS[kind], "text": make[kind]()}


def timeline_window(services: Services, kept, request: dict) -> dict:
    """Cut the sound of a window out of the recording, as a file of this page for the explorer."""
    import soundfile

    entry = kept.get(str(request.get("id")))
    number = rpc.whole(request, "window")
    windows = entry.timeline.windows
    if not 0 <= number < len(windows):
        raise ValueError(f"the window is {quoted(number)}, expected 0 to {len(windows) - 1}.")
    start, end = map(float, windows[number])
    with services.place():
        waveform, rate = cut(entry.path, services.examples, start, end)
    path = new_file("window.wav")
    soundfile.write(path, waveform, rate, subtype="FLOAT")
    return {"path": str(path), "title": f"{entry.title}, {start:.2f} to {end:.2f} s"}


def cut(path: Path, examples: Path, start: float, end: float) -> tuple[np.ndarray, int]:
    """Return the samples between two moments of a recording, at the model's rate.

    The recording is read from its beginning, as the timeline read it, so the samples are the same.
    """
    from ast_demo.audio.load import SAMPLING_RATE, read_blocks

    file = sound_path(str(path), examples)
    first, last = round(start * SAMPLING_RATE), round(end * SAMPLING_RATE)
    pieces, done = [], 0
    for block in read_blocks(file, SAMPLING_RATE, gaps=[]):
        pieces.append(block[max(0, first - done) : max(0, last - done)])
        done += len(block)
        if done >= last:
            break
    return np.concatenate(pieces), SAMPLING_RATE


def timeline_path(services: Services, kept, request: dict) -> dict:
    """Take a recording of any size from the machine that the page is served on, and to, alone."""
    from ast_demo.audio.load import load_audio

    if not (services.local and current_visitor().near):
        raise ValueError("this page is not for its own machine alone: upload the recording.")
    text = str(request.get("path") or "").strip().strip("\"'")
    file = Path(text).expanduser()
    if not file.is_absolute() or not file.is_file():
        raise ValueError(
            f"the path is {text[:PATH_SHOWN]!r}, expected that of a file on this machine, such as "
            f"{Path.home() / 'recording.wav'}."
        )
    load_audio(file, max_seconds=TRIED_SECONDS)  # or says why it is no sound
    open_here(file)
    return {"path": str(file.resolve()), "title": file.name}


def timeline_examples(services: Services, kept, request: dict) -> dict:
    """Put the example clips in a row, as a recording to try: all, or the one of a file name."""
    import soundfile

    from ast_demo.audio.load import SAMPLING_RATE, load_audio

    name = request.get("name")
    clips = [clip for clip in services.example_clips() if name in (None, clip.name)]
    if not clips:
        raise ValueError("there are no example clips here: upload a recording.")
    path = new_file("examples.flac")
    with services.place(), soundfile.SoundFile(path, "w", SAMPLING_RATE, 1) as row:
        for clip in clips:
            row.write(load_audio(clip).waveform)
    return {"path": str(path), "title": f"{len(clips)} example clips in a row"}


def _threshold(request: dict) -> float:
    on = request.get("on")
    if not is_number(on) or not 0 < on <= 1:
        raise ValueError(f"the threshold is {quoted(on)}, expected above 0 and at most 1.")
    return float(on)
