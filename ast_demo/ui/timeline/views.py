"""What the Timeline tab shows while a recording is computed, and at the end."""

from __future__ import annotations

import math
import secrets
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.timeline.events import ON_SCORE
from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.limits import MEGABYTE
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import sound_path
from ast_demo.ui.sound.file_input import read_told
from ast_demo.ui.timeline.slide import slide

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
        "threshold": max(ON_SCORE, abstention),  # to begin with; what is no answer is no event
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
