"""How loud a stretch of sound is, and from where on it counts as silence."""

from __future__ import annotations

import numpy as np

QUIETEST_DB = -120.0  # level of digital silence, below the step of 16-bit numbers
SILENCE_DB = -60.0  # a window whose loudest 25 ms stay below counts as silence
FADED_DB = 24.0  # quieter than the loudest of its window: what is left beside a word
LEVEL_SECONDS = 0.025  # a level is measured over so long, one frame


def level_db(samples: np.ndarray, sampling_rate: int = 16000) -> float:
    """Return the level of the loudest 25 ms in dB relative to full scale (a full sine is -3)."""
    length = round(LEVEL_SECONDS * sampling_rate)
    whole = len(samples) - len(samples) % length
    blocks = samples[:whole].reshape(-1, length) if whole else samples[None]
    if not blocks.size:
        return QUIETEST_DB
    power = float(np.square(blocks, dtype=np.float64).mean(axis=1).max())
    return max(QUIETEST_DB, 10 * np.log10(power)) if power > 0 else QUIETEST_DB
