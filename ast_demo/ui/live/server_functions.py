"""What the Live tab asks the server for: begin, hear a chunk, keep a moment, end.

Each function takes what the page's JavaScript sends, a dict that may hold anything, and returns a
dict; an error comes back as {"error": sentence}, and "ended" tells that the stream is over.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable

import numpy as np

from ast_demo.timeline.events import ON_SCORE
from ast_demo.ui.services import rpc
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import new_file

FULL_SCALE = 32768.0  # of 16-bit samples
LONGEST_CHUNK = 2_600_000  # characters of base64: 5 s at 192 kHz, 20 s at 48 kHz
PICTURE_RANGE = (-13.0, 3.0)  # natural-log energy, darkest and lightest: a quiet room to loud
FLOOR_RANGE = (-100.0, 0.0)  # dB of full scale, what the level of silence may be set to
CHUNK_SECONDS = 0.25  # of sound at a time at most: four updates a second
CHUNK_SHARE = 1 / 8  # of the window: words in a window of 1.3 s are looked for every 0.16 s
PATIENCE_SECONDS = 0.2  # of waiting for a model that is busy with another sound: less than a chunk
REASON_LENGTH = 40  # characters of why a stretch was left out


def server_functions(services: Services) -> list[Callable]:
    """List the functions for the tab's gr.HTML, which offers them to its JavaScript."""
    from ast_demo.ui.live.sessions import LiveStreams

    streams = LiveStreams(services.limits.live_streams, services.limits.live_seconds)
    handlers = (live_begin, live_hear, live_moment, live_end)
    return [rpc.served(handler, services, streams) for handler in handlers]


def live_begin(services: Services, streams, request: dict) -> dict:
    """Begin a stream; returns its key and what is needed to draw it."""
    from ast_demo.ui.explore.payload import grid_facts, mel_hertz

    model = request.get("model")
    classifier = services.models.get(model if isinstance(model, str) else None)
    key = streams.open(classifier)
    return {
        "key": key,
        "seconds_left": services.limits.live_seconds,
        "labels": classifier.labels,
        "silence": streams.get(key).silence,
        "rule": classifier.rule,
        "grid": grid_facts(classifier.grid),
        "mel_hertz": mel_hertz(classifier.grid),
        "window_seconds": classifier.window_seconds,
        "chunk_seconds": min(CHUNK_SECONDS, CHUNK_SHARE * classifier.window_seconds),
        "range": PICTURE_RANGE,
        "threshold": ON_SCORE,
        "abstention": classifier.config.abstention_threshold,
        "device": classifier.device.type,
    }


def live_hear(services: Services, streams, request: dict) -> dict:
    """Take a chunk; returns its picture and, if the model had time, the scores of the window.

    `rate` in Hz, `pcm` base64 of 16-bit samples, `floor` the level of silence in dB, `look` whether
    to tell where the model looked, `lost` {"seconds", "reason"} if sound before it was left out.
    """
    key, session = _stream(streams, request)
    if session is None:
        return {"gone": True}
    if not session.lock.acquire(blocking=False):
        raise ValueError("this stream is still busy with the chunk before: send one at a time.")
    try:
        samples, rate = _samples(request)
        session.floor_db = rpc.number(request, "floor", *FLOOR_RANGE)
        lost = request.get("lost")
        if isinstance(lost, dict):
            reason = str(lost.get("reason", ""))[:REASON_LENGTH]
            session.skip(rpc.number(lost, "seconds", 0.0, 86400.0), reason)
        if_free = functools.partial(services.try_model, seconds=PATIENCE_SECONDS)
        update = session.push(samples, rate, if_free, bool(request.get("look")))
        return _facts(session, update) | {"seconds_left": streams.seconds_left(session)}
    except ValueError:
        streams.close(key)  # who sends what is no sound is not listened to any longer
        raise
    finally:
        session.lock.release()


def live_moment(services: Services, streams, request: dict) -> dict:
    """Keep the sound in the window as a file of this page, for the explorer."""
    import soundfile

    _, session = _stream(streams, request)
    if session is None:
        return {"gone": True}
    with session.lock:
        waveform = session.moment()
        rate = session.front.sampling_rate
    if not len(waveform):
        raise ValueError("there is no sound in the window yet: wait a moment.")
    path = new_file("live.wav")
    soundfile.write(path, waveform, rate, subtype="FLOAT")
    return {"path": str(path)}


def live_end(services: Services, streams, request: dict) -> dict:
    """End a stream and free what it held."""
    streams.close(str(request.get("key")))
    return {}


def _facts(session, update) -> dict:
    """Pack an update: one byte for each cell of the picture and each score."""
    low, high = PICTURE_RANGE
    hottest = 0.0 if update.rollout is None else max(float(update.rollout.max()), 1e-12)
    return {
        "frames": rpc.packed_shares((update.log_mel - low) / (high - low)),
        "new_frames": len(update.log_mel),
        "filled": update.filled,
        "seconds": round(session.front.end_seconds, 3),
        "level": round(update.level, 1),
        "silent": update.silent,
        "scores": None if update.scores is None else rpc.packed_shares(update.scores),
        "rollout": None if update.rollout is None else rpc.packed_shares(update.rollout / hottest),
        "rollout_max": hottest,  # share of the pooled output that byte 255 stands for
        "timings": {stage: round(spent, 1) for stage, spent in update.timings.items()},
        "restarts": session.front.restarts,
        "notes": session.front.notes[-2:],
    }


def _stream(streams, request: dict):
    """Return key and session; the session is None if it is forgotten."""
    key = request.get("key")
    try:
        return key, streams.get(key if isinstance(key, str) else "")
    except KeyError:
        return key, None


def _samples(request: dict) -> tuple[np.ndarray, int]:
    """Return float samples and rate of a chunk."""
    text, rate = request.get("pcm"), rpc.whole(request, "rate")
    if not isinstance(text, str) or len(text) > LONGEST_CHUNK:
        raise ValueError(
            f"the chunk is a {type(text).__name__} that does not fit, expected base64 of 16-bit "
            f"samples, at most {LONGEST_CHUNK} characters."
        )
    try:
        data = base64.b64decode(text, validate=True)
        samples = np.frombuffer(data, dtype="<i2")
    except (binascii.Error, ValueError):
        raise ValueError("the chunk is no sound: expected base64 of 16-bit samples.") from None
    return samples.astype(np.float32) / np.float32(FULL_SCALE), rate
