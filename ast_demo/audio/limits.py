"""What a sound may be, how it is refused, and how notes about it are worded."""

from __future__ import annotations

from typing import Any

import numpy as np

from ast_demo.audio.resampling import MAX_SAMPLING_RATE, MIN_SAMPLING_RATE, usable_rate

MAX_SECONDS = 600.0  # of one sound held in memory: 38 MB at 16 kHz
MAX_VALUES = 53_000_000  # decoded for it, channels counted: ten minutes of stereo at 44.1 kHz; a
# file of 70 kB can hold ten minutes of 8 channels at 192 kHz, 40 s of work. Streaming has no such
# bound of its own
MIN_SECONDS = 0.025  # one frame of the spectrogram; a shorter sound has no picture
MAX_CHANNELS = 8  # 7.1 surround; a crafted header can claim 1024 and multiply memory
MAX_FILE_BYTES = 2 << 30  # two hours of 24-bit stereo at 48 kHz; only streaming reads so much
MAX_PEAK = 16.0  # times full scale: beyond +24 dB the numbers are integers or garbage, not sound
_ROUNDING = 1.01  # resampled or compressed integers reach a little beyond their full scale
_SAMPLES_AT_ONCE = 1 << 16  # looked through at a time: 256 kB, which stay in a core's cache
LOUD_PEAK = 2.0  # times full scale: from here on a note; decoders of MP3 and OGG overshoot by less


class AudioError(ValueError):
    """A sound that cannot be used; the message says why and what to do, for people to read."""


class UndecodableError(AudioError):
    """A file that the decoder here does not take; a browser's may know more."""


def checked_rate(name: str, sampling_rate: Any, target: int) -> int:
    """Return the rate as which to read the sound."""
    if isinstance(sampling_rate, float) and sampling_rate.is_integer():
        sampling_rate = int(sampling_rate)
    try:
        return usable_rate(sampling_rate, target)
    except ValueError as error:
        if MIN_SAMPLING_RATE <= target <= MAX_SAMPLING_RATE:
            raise AudioError(f"{name} cannot be resampled: {error}") from None
        raise


def check_length(name: str, seconds: float) -> None:
    """Refuse a sound that is shorter than one frame of the spectrogram."""
    if seconds < MIN_SECONDS - 1e-9:
        raise AudioError(
            f"{name} lasts {1000 * seconds:.1f} ms, expected at least {1000 * MIN_SECONDS:.0f} ms "
            "(one frame of the spectrogram): record a longer sound."
        )


def checked_peak(name: str, samples: np.ndarray, start_seconds: float) -> float:
    """Return the largest magnitude of a block; refuse values that are no audio."""
    peak = _magnitude(samples)
    if not np.isfinite(peak):
        raise AudioError(
            f"{name} holds values that are not finite (NaN or infinity) from "
            f"{start_seconds:.2f} s on: export it again."
        )
    if peak > MAX_PEAK:
        raise AudioError(
            f"{name} reaches {peak:.4g} times full scale, the limit is {MAX_PEAK:g}: "
            f"{_likely_fault(peak)}."
        )
    return peak


def _likely_fault(peak: float) -> str:
    """Say what is probably wrong with a sound of floats far above full scale, and the way out."""
    for bits in (8, 16, 24, 32):
        if peak <= 2.0 ** (bits - 1) * _ROUNDING:
            return (
                f"these are probably {bits}-bit integers stored as floats: divide them by "
                f"{2 ** (bits - 1)}, or export the sound with 16-bit integers"
            )
    return "the numbers are damaged or were read in the wrong format: export the sound again"


def _magnitude(samples: np.ndarray) -> float:
    """Return the largest magnitude, NaN if there is one, without an array of magnitudes."""
    peaks = [0.0]
    for start in range(0, len(samples), _SAMPLES_AT_ONCE):
        block = samples[start : start + _SAMPLES_AT_ONCE]
        peaks += [block.max(), -block.min()]
    return float(np.max(peaks))


def note_rate(stated: int, rate: int, target: int, notes: list[str]) -> None:
    """Note as which rate a sound was read and to which it was resampled."""
    if rate != stated:
        notes.append(
            f"{grouped(stated)} Hz read as {grouped(rate)} Hz, {abs(rate / stated - 1):.3%} off"
        )
    if rate == target:
        return
    step = f"resampled from {grouped(rate)} to {grouped(target)} Hz"
    if rate > target:
        notes.append(f"{step}, content above {target / 2000:g} kHz discarded")
    else:
        notes.append(f"{step}, there was nothing above {rate / 2000:g} kHz")


def note_level(peak: float, notes: list[str]) -> None:
    """Note silence, and levels that no device records."""
    if peak == 0.0:
        notes.append("digital silence: every sample is zero")
    elif peak > LOUD_PEAK:
        notes.append(f"reaches {peak:.1f} times full scale, kept as it is")


def grouped(number: int) -> str:
    """Write a whole number in groups of three digits: 48 000."""
    return f"{number:,}".replace(",", " ")


def spell_seconds(seconds: float) -> str:
    """Write a length of time: 600 s, 5.12 s."""
    return f"{seconds:.0f} s" if seconds >= 100 or seconds == round(seconds) else f"{seconds:.2f} s"
