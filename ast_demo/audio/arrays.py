"""Samples as people hold them - arrays, tensors, lists, PCM integers - become float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from ast_demo.audio.downmix import Downmixer, block_frames
from ast_demo.audio.limits import MAX_CHANNELS, AudioError

# What an integer of each kind is divided by; uint8 has its zero there, as in WAV.
PCM_FULL_SCALE = {"int8": 2.0**7, "uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}
_WIDENED = ("bfloat16",)  # floats that NumPy knows only through an extension


def to_array(samples: Any) -> np.ndarray:
    """Return samples as an array of floats or PCM integers, without a copy where that can be.

    Raises:
        AudioError: if they are no numbers, or integers whose full scale nobody knows.
    """
    try:
        if hasattr(samples, "detach"):  # a torch tensor, on any device
            samples = samples.detach().cpu()
            samples = (samples.float() if "bfloat16" in str(samples.dtype) else samples).numpy()
        array = np.asarray(samples)
        if array.dtype.name in _WIDENED:
            array = array.astype(np.float32)
    except Exception as error:  # anyone's object, with faults of its own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        raise AudioError(f"the sound is no array of numbers ({reason}).") from None
    if array.dtype == object and array.ndim == 0:
        raise AudioError(
            f"the sound is a {type(samples).__name__}, expected an array, a tensor or a list of "
            "samples."
        )
    if masked := np.ma.count_masked(samples) if np.ma.isMaskedArray(samples) else 0:
        raise AudioError(
            f"the sound has {masked} masked samples, which hold no sound: fill them, for example "
            "with sound.filled(0)."
        )
    check_dtype(array.dtype.name, np.issubdtype(array.dtype, np.floating))
    return array


def check_dtype(name: str, floating: bool) -> None:
    """Refuse values that are neither floats nor integers of a known full scale."""
    if not floating and name not in PCM_FULL_SCALE:
        raise AudioError(
            f"the sound holds {name} values, expected floats with full scale 1.0 or PCM as "
            f"{', '.join(PCM_FULL_SCALE)}: divide by the full scale first."
        )


def as_float32(array: np.ndarray) -> np.ndarray:
    """Return floats or PCM integers as float32, full scale 1.0; float32 itself is not copied."""
    name = array.dtype.name
    if name not in PCM_FULL_SCALE:
        with np.errstate(over="ignore"):  # beyond float32 becomes infinite and is refused later
            return array.astype(np.float32, copy=False)
    offset = PCM_FULL_SCALE[name] if name == "uint8" else 0.0
    return ((array.astype(np.float64) - offset) / PCM_FULL_SCALE[name]).astype(np.float32)


def time_first(array: np.ndarray) -> np.ndarray:
    """Return (samples,) or (samples, channels) for those and for (channels, samples).

    Raises:
        AudioError: for any other shape.
    """
    samples = array
    if samples.ndim == 2 and samples.shape[0] <= MAX_CHANNELS < samples.shape[1]:
        samples = samples.T
    if samples.ndim == 1 or (samples.ndim == 2 and 1 <= samples.shape[1] <= MAX_CHANNELS):
        return samples
    raise AudioError(
        f"the sound has shape {array.shape}, expected (samples,) or (samples, channels) with 1 to "
        f"{MAX_CHANNELS} channels."
    )


def to_mono(array: np.ndarray, sampling_rate: int, notes: list[str]) -> np.ndarray:
    """Return float32 (samples,) of what `to_array` returns, as a file would be mixed."""
    samples = as_float32(time_first(array))
    if samples.ndim == 1:
        return samples
    channels = samples.shape[1]
    mixer, step = Downmixer(channels, sampling_rate), block_frames(sampling_rate, channels)
    blocks = [mixer.mix(samples[at : at + step]) for at in range(0, len(samples), step)]
    if note := mixer.note():
        notes.append(note)
    return np.concatenate([np.zeros(0, np.float32), *blocks])
