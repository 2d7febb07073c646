"""Level and place of a sound in the window: louder, later, cut short, filled up."""

from __future__ import annotations

import functools

import numpy as np
import torch

from ast_demo.check import signal
from ast_demo.check.perturbations.perturbation import FALL, SAME, Heard, Perturbation, change_of
from ast_demo.features.extractor import ASTFeatureExtractor

MOST_PUSHED_OUT = 0.1  # of the window, by a shift that must not change the answer


def levels() -> list[Perturbation]:
    """Turn the waveform upside down, which changes nothing at all, and make it louder or softer."""
    negated = change_of(lambda waveform: -waveform)
    return [
        Perturbation("polarity", "polarity", -1, "", SAME, negated, quick=True),
        *(
            Perturbation(
                *("level", f"{word} level", db, "dB", SAME, change_of(signal.gain, db)),
                quick=db in (-12, 6),
            )
            for word, steps in (("lower", (-6, -12, -24)), ("higher", (6, 12)))
            for db in steps
        ),
    ]


def shifts(window_seconds: float) -> list[Perturbation]:
    """Let the sound begin later or earlier; far moves push a part of it out of the window."""
    return [
        Perturbation(
            *("shift", f"shift {word}", sign * ms, "ms"),
            SAME if ms <= 1000 * window_seconds * MOST_PUSHED_OUT else FALL,
            change_of(signal.shift, sign * ms),
            quick=sign * ms in (100, -500),
            moved_ms=sign * ms,
        )
        for sign, word in ((1, "later"), (-1, "earlier"))
        for ms in (5, 50, 100, 200, 500, 1000)
    ]


def paddings() -> list[Perturbation]:
    """Cut the sound short, and fill the window in other ways than the model does."""

    def cut(seconds: float, how: str | None, waveform, window) -> Heard:
        part = signal.loudest_stretch(waveform, round(seconds * signal.SAMPLING_RATE))
        return Heard(part if how is None else signal.fill(part, window, how))

    rows = []
    for seconds in (3, 2, 1, 0.5):
        short = functools.partial(cut, seconds, None)
        own = Perturbation(
            *("padding", "cut short", seconds, "s", FALL, short),
            quick=seconds == 2,
            moved_ms=None,
        )
        rows.append(own)
        for how, words in (("silence", "silence"), ("repeat", "repeats"), ("mirror", "mirroring")):
            rows.append(
                Perturbation(
                    *("padding", f"filled by {words}", seconds, "s", SAME),
                    functools.partial(cut, seconds, how),
                    quick=seconds == 2 and how != "mirror",
                    reference=own.key,
                    moved_ms=None,
                )
            )
        rows.append(
            Perturbation(
                *("padding", "centred", seconds, "s", SAME, short, centred_input),
                reference=own.key,
                moved_ms=None,
            )
        )
    order = list(dict.fromkeys(row.series for row in rows))
    return sorted(rows, key=lambda row: order.index(row.series))


def centred_input(extractor: ASTFeatureExtractor, waveform: np.ndarray) -> torch.Tensor:
    """Return the model's input with padding on both sides."""
    log_mel = extractor.log_mel(torch.from_numpy(waveform))
    before = max(0, (extractor.max_length - len(log_mel)) // 2)
    padded = torch.nn.functional.pad(log_mel, (0, 0, before, 0), value=extractor.padding_value)
    return extractor.finish(padded)
