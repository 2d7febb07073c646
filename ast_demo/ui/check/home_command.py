"""The command that makes the same report at home, where the limits of this page do not hold."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

SAME_MODEL = {  # what a model may be compared with beside the others that are offered
    "normalized as AudioSet": "audioset",
    "normalized as Speech Commands": "commands",
}

HEAT_CLIPS = 3  # of the page's test of the heat: 180 passes each


def home_command(
    request: Mapping,
    model: str,
    dtype: str = "",
    sounds: Sequence[str] = (),
    heat_clips: int | None = None,
) -> str:
    """Write the command for what the page was asked.

    Args:
        request: as `read_request` takes it; what cannot be read of it is left out.
        model: name of the model.
        dtype: of the model, if it is loaded.
        sounds: names of the sounds, if they are read.
        heat_clips: clips that the heat is tested on; None before the request is read.
    """
    words = ["python", "-m", "ast_demo", "check", model]
    if dtype:
        words += ["--dtype", dtype]
    against = request.get("against")
    if against in SAME_MODEL:
        words += ["--against-norm", SAME_MODEL[against]]
    elif isinstance(against, str) and against:
        words += ["--against", against]
    source, title = request.get("source"), request.get("title")
    if source == "zip":
        words += ["--data", title if isinstance(title, str) and title else "clips.zip"]
    elif source != "examples":
        words += ["--sounds", *(sounds or ["SOUND"])]
    if request.get("room") is not None:
        words += ["--room", "room.wav"]
    if request.get("quick") is not False:
        words.append("--quick")
    if heat_clips is None and request.get("heat") is True:
        heat_clips = HEAT_CLIPS
    if heat_clips is not None:
        words += ["--heat", str(heat_clips)]
    for option, bar in (("--bar", "kept"), ("--seed", "seed")):
        value = request.get(bar)
        if isinstance(value, (int, float)):
            words += [option, f"kept={value:g}" if bar == "kept" else str(round(value))]
    return shlex.join([*words, "-o", "report.html"])
