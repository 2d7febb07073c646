"""The table of perturbations: what is done to a sound, how strongly, and what should come of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ast_demo.check.perturbations.noise import example_backgrounds, noises, room_noise
from ast_demo.check.perturbations.normalization import normalizations
from ast_demo.check.perturbations.nothing import empty
from ast_demo.check.perturbations.perturbation import Perturbation
from ast_demo.check.perturbations.placement import levels, paddings, shifts
from ast_demo.check.perturbations.transmission import codecs, distortions, narrow_bands, rates

USUAL_WINDOW_SECONDS = 10.24  # of AST, where no model is at hand


def build_perturbations(
    seed: int = 0,
    quick: bool = False,
    only: Iterable[str] = (),
    backgrounds: Mapping[str, np.ndarray] | None = None,
    room: np.ndarray | None = None,
    window_seconds: float = USUAL_WINDOW_SECONDS,
) -> list[Perturbation]:
    """List what is done to each sound, series by series, from mild to strong.

    Args:
        seed: of everything random.
        quick: about thirty instead of about 130.
        only: groups to keep, all by default.
        backgrounds: name -> recording at 16 kHz to mix in at an SNR, beside made noise; the
            examples of rain and speech by default.
        room: a recording of nobody speaking, mixed in at its own level.
        window_seconds: what the model hears at once.

    Raises:
        ValueError: if there is no such group.
    """
    if backgrounds is None:
        backgrounds = example_backgrounds()
    everything = [
        *levels(),
        *noises(seed, backgrounds),
        *(room_noise(room, seed) if room is not None else ()),
        *shifts(window_seconds),
        *paddings(),
        *narrow_bands(),
        *codecs(),
        *rates(),
        *normalizations(),
        *distortions(seed),
        *empty(seed),
    ]
    groups = list(dict.fromkeys(p.group for p in everything))
    only = list(only)
    if unknown := [name for name in only if name not in groups]:
        raise ValueError(f"there is no perturbation {unknown[0]!r}, expected {', '.join(groups)}.")
    chosen = [p for p in everything if not only or p.group in only]
    if quick:
        chosen = [p for p in chosen if p.quick]
    needed = {p.reference for p in chosen} - {p.key for p in chosen}
    return [p for p in everything if p in chosen or p.key in needed]
