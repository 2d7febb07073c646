"""The lesson's words, one file a language, and the numbers that its worksheet asks for."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.values import refused

if TYPE_CHECKING:
    from ast_demo.checkpoint.checkpoint import Checkpoint
    from ast_demo.features.patches import PatchGrid

LESSON_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lesson"
FIRST_LANGUAGE = "en"  # complete; the others follow it
CLASS_SECONDS = 3  # of the sound that the worksheet calculates with
OTHER_STRIDE = 12
QUESTION_STEPS = {  # where the lesson shows what a question of the worksheet asks for
    "samples": "air",
    "frames": "frames",
    "spacing": "spectrum",
    "gain": "log",
    "columns": "patches",
    "rows": "patches",
    "tokens": "patches",
    "tokens12": "patches",
    "area": "numbers",
    "even": "listening",
}


def lesson_languages() -> list[tuple[str, str]]:
    """List code and name of the languages that the lesson speaks, English first."""
    codes = sorted(path.stem for path in LESSON_FOLDER.glob("[a-z][a-z].json"))
    codes.sort(key=lambda code: code != FIRST_LANGUAGE)
    return [(code, _read(code)["language"]) for code in codes]


def read_lesson(language: str) -> dict:
    """Return every sentence of one language.

    Raises:
        ValueError: if the lesson does not speak it.
    """
    offered = [code for code, _ in lesson_languages()]
    if language not in offered:
        raise refused("language", language, f"one of {', '.join(offered)}")
    return _read(language)


def measured_effects(checkpoint: Checkpoint | None) -> dict | None:
    """Return what the experiments did to many clips, or None if nobody measured these weights."""
    for path in LESSON_FOLDER.glob("effects-*.json"):
        if checkpoint is not None and path.stem.removeprefix("effects-") == checkpoint.name:
            measured = json.loads(path.read_text(encoding="utf-8"))
            return measured if measured["weights_sha256"] == checkpoint.sha256() else None
    return None


def worksheet_facts(grid: PatchGrid, hidden_size: int) -> dict[str, int]:
    """Return the numbers that the worksheet's questions state."""
    from ast_demo.features.spectrogram import frame_geometry

    length, hop, fft = frame_geometry(grid.sampling_rate)
    return {
        "rate": grid.sampling_rate,
        "length": length,
        "hop": hop,
        "fft": fft,
        "size": grid.patch_size,
        "stride": grid.time_stride,
        "bins": grid.num_mel_bins,
        "max_length": grid.max_length,
        "tokens": grid.num_tokens,
        "hidden": hidden_size,
    }


def worksheet_answers(grid: PatchGrid) -> dict[str, str]:
    """Return what belongs into each blank, by the name of its question."""
    from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
    from ast_demo.features.spectrogram import frame_count, frame_geometry

    samples = CLASS_SECONDS * grid.sampling_rate
    other = PatchGrid(
        grid.num_mel_bins,
        grid.max_length,
        grid.patch_size,
        OTHER_STRIDE,
        OTHER_STRIDE,
        grid.sampling_rate,
    )
    return {
        "samples": str(samples),
        "frames": str(frame_count(samples, grid.sampling_rate)),
        "spacing": f"{grid.sampling_rate / frame_geometry(grid.sampling_rate).fft_length:g}",
        "gain": f"{2 * math.log(2):.3f}",
        "columns": str(grid.time_patches),
        "rows": str(grid.freq_patches),
        "tokens": f"{grid.num_patches} + {SPECIAL_TOKENS} = {grid.num_tokens}",
        "tokens12": f"{other.num_patches} + {SPECIAL_TOKENS} = {other.num_tokens}",
        "area": str(grid.patch_size**2),
        "even": f"1 / {grid.num_tokens} = {1 / grid.num_tokens:.5f}",
    }


@functools.cache
def _read(language: str) -> dict:
    return json.loads((LESSON_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
