"""The stages from waveform to log-mel spectrogram, each a function that can be looked at alone.

    waveform -> frames -> power -> mel -> log_mel

Every stage takes torch tensors with any leading batch dimensions, on any device. The numbers are
Kaldi's filter-bank features as the authors of AST call them; torchaudio.compliance.kaldi.fbank
gives the same.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import torch

WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
PREEMPHASIS = 0.97
LOWEST_HZ = 20.0  # lower edge of the first mel filter; the last one ends at half the sampling rate
ENERGY_FLOOR = torch.finfo(torch.float32).eps  # 1.1920929e-07, keeps the logarithm finite


class FrameGeometry(NamedTuple):
    """Lengths in samples at one sampling rate."""

    window_length: int  # 25 ms
    hop_length: int  # 10 ms
    fft_length: int  # window_length rounded up to a power of two


def frame_geometry(sampling_rate: int = 16000) -> FrameGeometry:
    """Return window, hop and FFT length in samples; 400, 160 and 512 at 16 kHz."""
    window_length = int(sampling_rate * WINDOW_SECONDS)
    hop_length = int(sampling_rate * HOP_SECONDS)
    return FrameGeometry(window_length, hop_length, 1 << (window_length - 1).bit_length())


def frame_count(samples: int, sampling_rate: int = 16000) -> int:
    """Count the whole frames in a waveform; a rest shorter than a hop is left out."""
    window_length, hop_length, _ = frame_geometry(sampling_rate)
    return max(0, 1 + (samples - window_length) // hop_length)


def samples_for(frames: int, sampling_rate: int = 16000) -> int:
    """Return the fewest samples that give a count of frames: 164080 for 1024 frames at 16 kHz."""
    window_length, hop_length, _ = frame_geometry(sampling_rate)
    return (frames - 1) * hop_length + window_length


def hertz_to_mel(hertz: float) -> float:
    """Convert a frequency to Kaldi's mel scale."""
    return 1127.0 * math.log(1.0 + hertz / 700.0)


def mel_to_hertz(mel: float) -> float:
    """Convert Kaldi's mel scale to a frequency in Hz."""
    return 700.0 * (math.exp(mel / 1127.0) - 1.0)


def mel_axis(num_mel_bins: int, sampling_rate: int) -> tuple[float, float]:
    """Return where the first filter begins, and the step from filter to filter, in mel.

    Filter b rises from lowest + b * step, peaks a step later and ends another step later.
    """
    lowest = hertz_to_mel(LOWEST_HZ)
    return lowest, (hertz_to_mel(sampling_rate / 2) - lowest) / (num_mel_bins + 1)


def mel_band(
    mel_bin: int, num_mel_bins: int = 128, sampling_rate: int = 16000
) -> tuple[float, float, float]:
    """Return lower edge, centre and upper edge of one mel filter, in Hz."""
    lowest, step = mel_axis(num_mel_bins, sampling_rate)
    low, centre, high = (mel_to_hertz(lowest + (mel_bin + edge) * step) for edge in range(3))
    return low, centre, high


@functools.lru_cache(maxsize=8)
def mel_filters(num_mel_bins: int = 128, sampling_rate: int = 16000) -> torch.Tensor:
    """Return the mel filter bank, float32 (num_mel_bins, fft_length // 2 + 1); do not modify it.

    Triangles are linear on the mel axis and keep height 1 (no area normalization). At 16 kHz with
    128 bins, filter 3 (77.8 Hz) lies between two FFT bins and is empty: that mel bin always shows
    the energy floor.

    Source: torchaudio/compliance/kaldi.py, get_mel_banks.
    """
    fft_length = frame_geometry(sampling_rate).fft_length
    lowest, step = mel_axis(num_mel_bins, sampling_rate)
    index = torch.arange(num_mel_bins).unsqueeze(1)
    left, centre, right = (lowest + (index + float(edge)) * step for edge in range(3))
    hertz = sampling_rate / fft_length * torch.arange(fft_length // 2)
    mel = 1127.0 * (1.0 + hertz / 700.0).log()
    triangles = torch.minimum((mel - left) / (centre - left), (right - mel) / (right - centre))
    nyquist_column = (0, 1)  # Kaldi leaves the last FFT bin out
    return torch.nn.functional.pad(triangles.clamp(min=0.0), nyquist_column)


@functools.lru_cache(maxsize=8)
def _filters_on(device: torch.device, num_mel_bins: int, sampling_rate: int) -> torch.Tensor:
    """Keep the filter bank on a device, transposed for the product: (fft bins, mel_bins)."""
    return mel_filters(num_mel_bins, sampling_rate).T.contiguous().to(device)


def frames(waveform: torch.Tensor, sampling_rate: int = 16000) -> torch.Tensor:
    """Cut a waveform into 25 ms frames, each with its mean subtracted, pre-emphasized and windowed.

    Args:
        waveform: mono audio, float32 (..., samples), full scale 1.0.
        sampling_rate: rate of waveform in Hz.

    Returns:
        windowed frames, float32 (..., frames, window_length).

    Raises:
        ValueError: if the waveform is shorter than one window.

    Source: torchaudio/compliance/kaldi.py, _get_window with window_type="hanning".
    """
    window_length, hop_length, _ = frame_geometry(sampling_rate)
    if waveform.shape[-1] < window_length:
        raise ValueError(
            f"the waveform has {waveform.shape[-1]} samples "
            f"({1000 * waveform.shape[-1] / sampling_rate:.1f} ms), expected at least "
            f"{window_length} (one 25 ms window at {sampling_rate} Hz): record a longer sound."
        )
    cut = waveform.unfold(-1, window_length, hop_length)
    centred = cut - cut.mean(dim=-1, keepdim=True)
    previous = torch.cat([centred[..., :1], centred[..., :-1]], dim=-1)
    window = torch.hann_window(window_length, periodic=False, device=waveform.device)
    # Scaled, then subtracted: one fused step would round otherwise than Kaldi, which shows where a
    # cell lies far below the loudest of its frame.
    return centred.sub_(previous.mul_(PREEMPHASIS)).mul_(window)


def power_spectrum(windowed: torch.Tensor, fft_length: int = 512) -> torch.Tensor:
    """Return the squared magnitude of each frame's FFT: (..., frames, fft_length // 2 + 1)."""
    spectrum = torch.fft.rfft(windowed, n=fft_length)
    return spectrum.real.square() + spectrum.imag.square()


def mel_energies(
    power: torch.Tensor, num_mel_bins: int = 128, sampling_rate: int = 16000
) -> torch.Tensor:
    """Sum the power spectrum under each mel filter: (..., frames, num_mel_bins)."""
    return power @ _filters_on(power.device, num_mel_bins, sampling_rate)


def log_energies(mel: torch.Tensor) -> torch.Tensor:
    """Return the natural logarithm of mel energies, floored at float32's epsilon."""
    return mel.clamp(min=ENERGY_FLOOR).log()


def log_mel_spectrogram(
    waveform: torch.Tensor, num_mel_bins: int = 128, sampling_rate: int = 16000
) -> torch.Tensor:
    """Return log-mel energies of a waveform: natural log, float32 (..., frames, mel_bins)."""
    power = power_spectrum(
        frames(waveform, sampling_rate), frame_geometry(sampling_rate).fft_length
    )
    return log_energies(mel_energies(power, num_mel_bins, sampling_rate))


def pad_or_trim(log_mel: torch.Tensor, max_length: int, padding_value: float = 0.0) -> torch.Tensor:
    """Fit a spectrogram into the model's window: (..., max_length, mel_bins).

    Padding is appended after the sound, in the log domain and before normalization, so it is not
    silence: 0.0 is brighter than most sound.
    """
    missing = max_length - log_mel.shape[-2]
    if missing > 0:
        return torch.nn.functional.pad(log_mel, (0, 0, 0, missing), value=padding_value)
    return log_mel[..., :max_length, :]
