"""What the Timeline tab asks the server about a timeline, and for a recording to try."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from ast_demo.tables import BYTE_ORDER_MARK
from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import new_file, open_here, sound_path
from ast_demo.ui.services.visitor import current_visitor
from ast_demo.ui.sound.file_input import TRIED_SECONDS
from ast_demo.values import is_number, quoted

PATH_SHOWN = 200  # characters of a path that a message repeats
TURN_SECONDS = 20.0  # of a recording that are read in one turn: 0.2 s of work
EXPORTS = {"csv": "text/csv", "json": "application/json", "audacity": "text/plain"}
SUFFIXES = {"csv": ".csv", "json": ".json", "audacity": ".txt"}


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
        waveform, rate = cut(services, entry.path, start, end)
    path = new_file("window.wav")
    soundfile.write(path, waveform, rate, subtype="FLOAT")
    return {"path": str(path), "title": f"{entry.title}, {start:.2f} to {end:.2f} s"}


def cut(services: Services, path: Path, start: float, end: float) -> tuple[np.ndarray, int]:
    """Return the samples between two moments of a recording, at the model's rate.

    The recording is read from its beginning, as the timeline read it, so the samples are the same;
    hours of it take a minute, so others get their turns between.
    """
    from ast_demo.audio.load import SAMPLING_RATE, read_blocks

    file = sound_path(str(path), services.examples)
    first, last = round(start * SAMPLING_RATE), round(end * SAMPLING_RATE)
    pieces, done = [np.zeros(0, np.float32)], 0
    with closing(read_blocks(file, SAMPLING_RATE, TURN_SECONDS, gaps=[])) as blocks:
        while done < last and (block := services.run_model(next, blocks, None)) is not None:
            piece = block[max(0, first - done) : max(0, last - done)]
            pieces += [piece] if len(piece) else []  # an empty one would keep its block in memory
            done += len(block)
    return np.concatenate(pieces), SAMPLING_RATE


def timeline_path(services: Services, kept, request: dict) -> dict:
    """Take a recording from the machine that the page is served on, and to, alone."""
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
