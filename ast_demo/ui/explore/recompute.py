"""Explain a sound once more for a server that does not hold it.

Behind a balancer a question about a sound may reach a server that never heard it, and a busy one
drops the sounds asked about longest ago. The page then sends the sound along with its question, and
any server can answer.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from ast_demo.ui.services.cache import GoneError
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import passing_file
from ast_demo.values import refused

_KEY = re.compile(r"[0-9a-f]{32}")  # as payload.new_payload_id makes them
SOUND_NAME = "sound"  # what messages call it: the request brings no name


def source_facts(services: Services, path: str, start: float = 0.0) -> dict:
    """Tell the page where it can get a sound again: an example's name, or the path of an upload.

    Visitors learn no path of the host's, and that of an upload is what the server told them before.
    """
    file = Path(path)
    place = {"example": file.name} if file.parent == services.examples else {"path": path}
    return {**place, "start": round(start, 4)}


def get_or_explain(services: Services, key: str, request: dict):
    """Return the explanation that is kept under a key, or explain the sound of the request anew.

    Args:
        key: of the payload that the page got.
        request: may hold "example", the name of a clip, or "sound", base64 of a file; "model", and
            the "start" of the window in seconds.

    Raises:
        GoneError: if it is not kept here and the request holds no sound.
        ValueError: if the sound or the model cannot be used.
    """
    try:
        return services.kept.get(key)
    except GoneError:
        if not _KEY.fullmatch(key) or not ("example" in request or "sound" in request):
            raise
    model = request.get("model")
    if not isinstance(model, str):
        raise refused("model", model, "the name of a model")
    start = request.get("start") or 0.0
    if not isinstance(start, (int, float)) or start < 0:
        raise refused("start", start, "seconds from 0 on")
    if "example" in request:
        explanation = _explain_example(services, request["example"], model, start)
    else:
        explanation = _explain_sound(services, request["sound"], model, start)
    services.kept.put(key, explanation)
    return explanation


def _explain_example(services: Services, name, model: str, start: float):
    clips = {clip.name: clip for clip in services.example_clips()}
    if not isinstance(name, str) or name not in clips:
        raise refused("example", name, "the name of an example clip")
    path = str(clips[name])
    shared = services.opening.explanation_of(path, model) if services.opening else None
    return shared if shared and start == 0 else _explain(services, path, model, start)


def _explain_sound(services: Services, sound, model: str, start: float):
    try:
        content = base64.b64decode(sound, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError("the sound did not arrive whole: open it again.") from None
    with passing_file(SOUND_NAME) as file:
        file.write_bytes(content)
        return _explain(services, str(file), model, start)


def _explain(services: Services, path: str, model: str, start: float):
    sound, _ = services.read(path)
    return services.explain_sound(sound, model, start)[1]
