"""Hear a part of a sound: what one patch holds, or the hottest part of a map, at true level.

A part is a mask over the cells of the spectrogram. The waveform is cut into the spectrogram's own
frames, each frame's spectrum keeps what the mask lets through, and the frames are added up again.
"""

from __future__ import annotations

import io
import math

import numpy as np

from ast_demo.features.patches import PatchGrid
from ast_demo.features.spectrogram import frame_geometry, mel_filters
from ast_demo.values import refused


def patch_mask(grid: PatchGrid, f: int, t: int) -> np.ndarray:
    """Return a mask that is 1 on the cells of one patch: float32 (num_mel_bins, max_length).

    Raises:
        ValueError: if the patch lies outside the grid.
    """
    grid.token(f, t)  # says what is wrong with a patch that does not exist
    mask = np.zeros((grid.num_mel_bins, grid.max_length), dtype=np.float32)
    bins, frames = grid.mel_bins(f), grid.frames(t)
    mask[bins.start : bins.stop, frames.start : frames.stop] = 1
    return mask


def hottest_mask(
    grid: PatchGrid, patch_map: np.ndarray, share: float, num_frames: int
) -> np.ndarray:
    """Return a mask that is 1 on the hottest cells of a map: float32 (num_mel_bins, max_length).

    Args:
        grid: the map's grid.
        patch_map: one value a patch, (freq_patches, time_patches).
        share: part of the sound's cells to keep, above 0 and up to 1.
        num_frames: frames of sound; padding is never kept.

    Raises:
        ValueError: if the share is out of range.
    """
    if not 0 < share <= 1:
        raise refused("share", share, "a number above 0 and up to 1")
    heat = np.nan_to_num(grid.spread(patch_map)[:, :num_frames], nan=-np.inf)
    count = max(1, round(share * heat.size))
    hottest = np.argsort(-heat, axis=None, kind="stable")[:count]
    mask = np.zeros((grid.num_mel_bins, grid.max_length), dtype=np.float32)
    inside = np.zeros(heat.size, dtype=np.float32)
    inside[hottest] = 1
    mask[:, :num_frames] = inside.reshape(heat.shape)
    return mask


def apply_mask(waveform: np.ndarray, mask: np.ndarray, sampling_rate: int = 16000) -> np.ndarray:
    """Return the sound that is left of a waveform under a mask, at its true level.

    Args:
        waveform: mono audio, float32 (samples,).
        mask: 0 to 1 on each cell, (num_mel_bins, frames); frames beyond its end are silent.
        sampling_rate: rate of waveform in Hz.

    Returns:
        float32 (samples,); a mask of ones gives the waveform back.

    Raises:
        ValueError: if the mask holds values outside 0 to 1.
    """
    if mask.min() < 0 or mask.max() > 1:
        raise ValueError(f"the mask runs from {mask.min()} to {mask.max()}, expected 0 to 1.")
    window_length, hop, fft_length = frame_geometry(sampling_rate)
    # Frames before the first and after the last one, so that the ends are covered as the rest is.
    margin = math.ceil(window_length / hop)
    frames = math.ceil(len(waveform) / hop) + 2 * margin
    padded = np.zeros((frames - 1) * hop + window_length, dtype=np.float32)
    padded[margin * hop : margin * hop + len(waveform)] = waveform
    gains = _fft_gains(mask, sampling_rate, fft_length, margin, frames)
    window = np.sqrt(np.hanning(window_length + 1)[:-1]).astype(np.float32)
    starts = np.arange(frames) * hop
    cut = padded[starts[:, None] + np.arange(window_length)] * window
    kept = np.fft.irfft(np.fft.rfft(cut, fft_length) * gains, fft_length)[:, :window_length]
    total = np.zeros_like(padded, dtype=np.float64)
    weight = np.zeros_like(total)
    for start, frame in zip(starts, kept):
        total[start : start + window_length] += frame * window
        weight[start : start + window_length] += window**2
    inner = slice(margin * hop, margin * hop + len(waveform))
    return (total[inner] / weight[inner]).astype(np.float32)


def _fft_gains(
    mask: np.ndarray, sampling_rate: int, fft_length: int, margin: int, frames: int
) -> np.ndarray:
    """Return the gain of each frame at each FFT bin, (frames, fft_length // 2 + 1)."""
    filters = mel_filters(len(mask), sampling_rate).numpy()
    reach = filters.sum(axis=0)
    gains = mask.T @ filters / np.where(reach > 0, reach, 1.0)
    outside = np.flatnonzero(reach == 0)  # no filter covers DC and Nyquist
    below = outside < fft_length // 4
    gains[:, outside[below]] = mask[:1].T
    gains[:, outside[~below]] = mask[-1:].T
    placed = np.zeros((frames, gains.shape[1]), dtype=np.float32)
    count = min(len(gains), frames - margin)
    placed[margin : margin + count] = gains[:count]
    placed[:margin] = gains[0]
    if count == len(gains):  # the end, less than a frame, takes the gain of the last one
        placed[margin + count :] = gains[-1]
    return placed


def wav_bytes(waveform: np.ndarray, sampling_rate: int = 16000) -> bytes:
    """Return a 16-bit WAV file of a waveform at its true level; beyond full scale it is clipped."""
    import soundfile

    content = io.BytesIO()
    pcm = np.clip(waveform, -1.0, 1.0)
    soundfile.write(content, pcm, sampling_rate, format="WAV", subtype="PCM_16")
    return content.getvalue()


def peak_decibels(waveform: np.ndarray) -> float:
    """Return the highest level of a waveform in dB of full scale; silence is -inf."""
    peak = float(np.abs(waveform).max()) if len(waveform) else 0.0
    return 20 * math.log10(peak) if peak > 0 else -math.inf
