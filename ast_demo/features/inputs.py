"""Accept sounds as people have them - arrays, tensors, lists, PCM integers - as float32 tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ast_demo.audio.arrays import PCM_FULL_SCALE, as_float32, check_dtype, to_array
from ast_demo.features.spectrogram import frame_geometry

CHANNELS_AT_MOST = 32  # a (samples, channels) array has few columns, a batch of sounds has many


def split_sounds(raw_speech: Any) -> list[Any]:
    """Split the input into single sounds."""
    if isinstance(raw_speech, (np.ndarray, torch.Tensor)):
        if raw_speech.ndim == 2 and raw_speech.shape[1] != 1:
            return list(_batch_rows(raw_speech))
        return [raw_speech]
    if not isinstance(raw_speech, Sequence) or isinstance(raw_speech, (str, bytes)):
        way_out = "pass its samples" if isinstance(raw_speech, Mapping) else "load files first"
        raise ValueError(
            f"the sound is a {type(raw_speech).__name__}, expected an array, a tensor or a list: "
            f"{way_out}, for example with ast_demo.load_audio."
        )
    if len(raw_speech) == 0:
        raise ValueError("the sound is an empty list, expected at least 400 samples.")
    if isinstance(raw_speech[0], (np.ndarray, torch.Tensor, list, tuple)):
        scalar = isinstance(raw_speech[0], (np.ndarray, torch.Tensor)) and raw_speech[0].ndim == 0
        return [raw_speech] if scalar else list(raw_speech)
    return [raw_speech]


def to_waveform(sound: Any, sampling_rate: int) -> torch.Tensor:
    """Check one sound and return it as float32 (samples,).

    Args:
        sound: mono audio as an array, a tensor or a list; (1, samples) and (samples, 1) will do.
        sampling_rate: its rate in Hz, which says how many samples make a window.

    Raises:
        ValueError: for several channels, less than one window, values that are not finite or
            integers of unknown scale.
    """
    waveform = _to_tensor(sound)
    if waveform.ndim == 2 and 1 in waveform.shape:
        waveform = waveform.flatten()
    if waveform.ndim != 1:
        raise ValueError(
            f"the sound has shape {tuple(waveform.shape)}, expected mono (samples,): average the "
            "channels first."
        )
    waveform = waveform.to(torch.float32)
    window_length = frame_geometry(sampling_rate).window_length
    if len(waveform) < window_length:
        raise ValueError(
            f"the sound has {len(waveform)} samples, expected at least {window_length} (one 25 ms "
            f"window at {sampling_rate} Hz); if it is (samples, channels), average the channels "
            "first."
        )
    finite = torch.isfinite(waveform)
    if not finite.all():
        first = int((~finite).nonzero()[0])
        raise ValueError(
            f"the sound holds {float(waveform[first])} at sample {first}, expected finite numbers: "
            "repair or cut the recording."
        )
    return waveform


def _batch_rows(array: Any) -> Any:
    """Return the rows of a (batch, samples) array, refusing what looks like (samples, channels)."""
    rows, columns = array.shape
    if columns <= CHANNELS_AT_MOST < rows:
        raise ValueError(
            f"the sound has shape {tuple(array.shape)}, which looks like (samples, channels): "
            "expected mono (samples,) or a batch (batch, samples); average the channels first."
        )
    return array


def _to_tensor(sound: Any) -> torch.Tensor:
    """Return a tensor of one sound; PCM integers are scaled to full scale 1.0."""
    if not torch.is_tensor(sound):
        array = as_float32(to_array(sound))
        return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))  # ours to keep
    sound = sound.detach()
    dtype = str(sound.dtype).removeprefix("torch.")
    check_dtype(dtype, sound.is_floating_point())
    if sound.is_floating_point():
        return sound
    full_scale = PCM_FULL_SCALE[dtype]
    offset = full_scale if dtype == "uint8" else 0.0
    return (sound.to(torch.float64) - offset).div(full_scale).to(torch.float32)
