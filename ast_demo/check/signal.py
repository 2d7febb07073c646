"""What happens to sounds before a model hears them: noise, rooms, telephones, codecs, microphones.

Pure functions of a mono float32 waveform at 16 kHz. Filters and noise are torchaudio's, codecs are
those of libsndfile, in memory. What is random takes its generator from the caller.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ast_demo.audio.resampling import resample
from ast_demo.training.data.unknown_sounds import SLOPES, coloured_noise

SAMPLING_RATE = 16000  # Hz, of every waveform here
MAINS_HZ = 50.0
HUM_PARTIALS = (1.0, 0.5, 0.6, 0.25, 0.35, 0.15, 0.2)  # of 50, 100, ... 350 Hz
NOISE_RMS = 0.1  # root mean square of made noise, before it is mixed at an SNR
DIRECT_TO_REVERBERANT = 1.0  # energy of the direct sound over that of the room
TELEPHONE_BAND = (300.0, 3400.0)  # Hz
TELEPHONE_RATE = 8000  # Hz
TILT_PIVOT_HZ, TILT_LOWEST_HZ = 1000.0, 50.0  # where a tilt is 0 dB, and below which it stays
MOST_DELAY = 4096  # samples that a codec may delay a sound by
CODECS = {  # name -> libsndfile's format and subtype
    "MP3": ("MP3", "MPEG_LAYER_III"),
    "Opus": ("OGG", "OPUS"),
    "Vorbis": ("OGG", "VORBIS"),
    "µ-law": ("WAV", "ULAW"),
    "GSM 6.10": ("WAV", "GSM610"),
}
BUTTERWORTH_ORDER = 8
BLOCK = 16384  # samples encoded at a time: libsndfile's Vorbis encoder keeps a block on the stack


class Coded(NamedTuple):
    """A sound that went through a codec."""

    waveform: np.ndarray
    kilobits_per_second: float


def make_noise(kind: str, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Make white noise, pink noise (power falls as 1/f) or mains hum: float32 (samples,)."""
    if kind == "hum":
        time = np.arange(samples) / SAMPLING_RATE
        phases = rng.uniform(0, 2 * np.pi, len(HUM_PARTIALS))
        noise = sum(
            strength * np.sin(2 * np.pi * MAINS_HZ * number * time + phase)
            for number, (strength, phase) in enumerate(zip(HUM_PARTIALS, phases), start=1)
        )
    else:
        noise = coloured_noise(SLOPES[f"{kind} noise"], samples, rng)
    return (NOISE_RMS * noise / _rms(noise)).astype(np.float32)


def loop(noise: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Repeat a recording from a random place until it lasts long enough: float32 (samples,)."""
    start = int(rng.integers(len(noise)))
    return np.resize(np.roll(noise, -start), samples).astype(np.float32)


def add_noise(waveform: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Mix noise of the same length under a sound at a signal-to-noise ratio over all of it."""
    import torch
    from torchaudio.functional import add_noise as mix

    sound, other = torch.from_numpy(waveform)[None], torch.from_numpy(noise)[None]
    return mix(sound, other, torch.tensor([float(snr_db)]))[0].numpy()


def gain(waveform: np.ndarray, decibels: float) -> np.ndarray:
    """Make a sound louder or softer."""
    return (waveform * np.float32(10 ** (decibels / 20))).astype(np.float32)


def shift(waveform: np.ndarray, milliseconds: float) -> np.ndarray:
    """Let a sound begin later, after digital silence, or cut its beginning off."""
    samples = round(milliseconds * SAMPLING_RATE / 1000)
    if samples >= 0:
        return np.concatenate([np.zeros(samples, np.float32), waveform])
    return waveform[min(-samples, len(waveform) - 400) :].copy()  # one frame stays


def low_pass(waveform: np.ndarray, hertz: float) -> np.ndarray:
    """Take away what lies above a frequency: Butterworth of 8th order, -3 dB there."""
    return _butterworth(waveform, hertz, "lowpass_biquad")


def high_pass(waveform: np.ndarray, hertz: float) -> np.ndarray:
    """Take away what lies below a frequency: Butterworth of 8th order, -3 dB there."""
    return _butterworth(waveform, hertz, "highpass_biquad")


def telephone(waveform: np.ndarray, codec: str) -> np.ndarray:
    """Send a sound through a telephone line: 300 to 3400 Hz, 8 kHz, µ-law or GSM 6.10."""
    low, high = TELEPHONE_BAND
    narrow = resample(high_pass(low_pass(waveform, high), low), SAMPLING_RATE, TELEPHONE_RATE)
    coded = encode(narrow, codec, None, TELEPHONE_RATE).waveform
    return resample(coded, TELEPHONE_RATE, SAMPLING_RATE)[: len(waveform)]


def encode(
    waveform: np.ndarray, codec: str, compression: float | None, rate: int = SAMPLING_RATE
) -> Coded:
    """Encode and decode a sound, without the delay that codecs add.

    Args:
        waveform: the sound.
        codec: one of `CODECS`.
        compression: from 0 (best) to 1 (smallest), libsndfile's compression level.
        rate: rate of waveform in Hz.
    """
    import soundfile

    form, subtype = CODECS[codec]
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", rate, 1, subtype, format=form, compression_level=compression
    ) as sound:
        for start in range(0, len(waveform), BLOCK):
            sound.write(waveform[start : start + BLOCK])
    size = file.tell()
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return Coded(align(decoded, waveform), size * 8 * rate / len(waveform) / 1000)


def align(moved: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Move a sound back to where it fits another best, and cut or fill it to the same length.

    A codec's delay would otherwise test how a model takes shifts.
    """
    lag = delay(moved, reference)
    moved = moved[lag:] if lag >= 0 else np.concatenate([np.zeros(-lag, np.float32), moved])
    return np.pad(moved[: len(reference)], (0, max(0, len(reference) - len(moved))))


def delay(moved: np.ndarray, reference: np.ndarray) -> int:
    """Return by how many samples a sound comes later than another, by cross-correlation."""
    size = 1 << (len(moved) + len(reference)).bit_length()
    spectrum = np.fft.rfft(moved, size) * np.conj(np.fft.rfft(reference, size))
    correlation = np.fft.irfft(spectrum, size)
    lags = np.arange(-MOST_DELAY, MOST_DELAY + 1)
    return int(lags[np.argmax(correlation[lags])])


def via_rate(waveform: np.ndarray, hertz: int, filtered: bool = True) -> np.ndarray:
    """Resample to a lower rate and back; without a filter what lies above folds down."""
    if filtered:
        back = resample(resample(waveform, SAMPLING_RATE, hertz), hertz, SAMPLING_RATE)
        return np.pad(back, (0, max(0, len(waveform) - len(back))))[: len(waveform)]
    place = np.arange(len(waveform)) / SAMPLING_RATE
    coarse = np.arange(math.ceil(len(waveform) * hertz / SAMPLING_RATE)) / hertz
    return np.interp(place, coarse, np.interp(coarse, place, waveform)).astype(np.float32)


def wrong_rate(waveform: np.ndarray, true_hertz: int, stated_hertz: int) -> np.ndarray:
    """Return what is heard where a recording of one rate is taken for one of another."""
    # Made at the rate true_hertz and played at stated_hertz it is faster by stated / true: the
    # same as samples at stated_hertz that are resampled to true_hertz.
    return resample(waveform, stated_hertz, true_hertz)


def clip(waveform: np.ndarray, share: float) -> np.ndarray:
    """Cut the peaks off so that a share of the samples sits at the limit."""
    magnitudes = np.abs(waveform)
    limit = np.partition(magnitudes, index := round((1 - share) * (len(waveform) - 1)))[index]
    return np.clip(waveform, -limit, limit)


def room_response(rt60: float, rng: np.random.Generator) -> np.ndarray:
    """Make a room's impulse response: the direct sound, then noise that decays 60 dB in rt60 s."""
    samples = max(2, round(rt60 * SAMPLING_RATE))
    decay = 10 ** (-3 * np.arange(samples) / samples)
    tail = rng.standard_normal(samples) * decay
    tail[0] = 0.0
    tail /= np.sqrt((tail**2).sum() * DIRECT_TO_REVERBERANT)
    tail[0] = 1.0
    return tail.astype(np.float32)


def reverberate(waveform: np.ndarray, rt60: float, rng: np.random.Generator) -> np.ndarray:
    """Put a sound in a room, at the level that it had."""
    import torch
    from torchaudio.functional import fftconvolve

    response = torch.from_numpy(room_response(rt60, rng))
    wet = fftconvolve(torch.from_numpy(waveform), response)[: len(waveform)].numpy()
    return _at_level_of(wet, waveform)


def tilt(waveform: np.ndarray, decibels_per_octave: float) -> np.ndarray:
    """Make a sound brighter or duller, as microphones do, at the level that it had."""
    hertz = np.maximum(np.fft.rfftfreq(len(waveform), 1 / SAMPLING_RATE), TILT_LOWEST_HZ)
    decibels = decibels_per_octave * np.log2(hertz / TILT_PIVOT_HZ)
    tilted = np.fft.irfft(np.fft.rfft(waveform) * 10 ** (decibels / 20), len(waveform))
    return _at_level_of(tilted.astype(np.float32), waveform)


def small_speaker(waveform: np.ndarray) -> np.ndarray:
    """Play a sound through a small loudspeaker: no lows, a resonance, at the level that it had."""
    import torch
    from torchaudio.functional import equalizer_biquad, highpass_biquad, lowpass_biquad

    sound = torch.from_numpy(waveform)
    for _ in range(2):
        sound = highpass_biquad(sound, SAMPLING_RATE, 400.0)
    sound = equalizer_biquad(sound, SAMPLING_RATE, 2500.0, 6.0, 1.0)
    return _at_level_of(lowpass_biquad(sound, SAMPLING_RATE, 6000.0).numpy(), waveform)


def loudest_stretch(waveform: np.ndarray, samples: int) -> np.ndarray:
    """Return the part of a sound with the most energy, of a given length."""
    if samples >= len(waveform):
        return waveform.copy()
    energy = np.concatenate([[0.0], np.cumsum(waveform.astype(np.float64) ** 2)])
    start = int(np.argmax(energy[samples:] - energy[:-samples]))
    return waveform[start : start + samples].copy()


def fill(waveform: np.ndarray, samples: int, how: str) -> np.ndarray:
    """Make a sound longer: by silence, by repeating it, or by mirroring it at its end."""
    missing = max(0, samples - len(waveform))
    if how == "silence":
        return np.pad(waveform, (0, missing))
    if how == "repeat":
        return np.resize(waveform, max(samples, len(waveform)))
    return np.pad(waveform, (0, missing), mode="symmetric")


def _butterworth(waveform: np.ndarray, hertz: float, biquad: str) -> np.ndarray:
    import torch
    import torchaudio.functional

    sound = torch.from_numpy(waveform).double()
    for quality in _butterworth_qualities(BUTTERWORTH_ORDER):
        sound = getattr(torchaudio.functional, biquad)(sound, SAMPLING_RATE, hertz, quality)
    return sound.float().numpy()


def _butterworth_qualities(order: int) -> Sequence[float]:
    """Return the quality of each second-order section: 1 / (2 cos) of its poles' angle."""
    return [
        1 / (2 * math.cos(math.pi * (2 * number + 1) / (2 * order))) for number in range(order // 2)
    ]


def _at_level_of(changed: np.ndarray, waveform: np.ndarray) -> np.ndarray:
    level = _rms(changed)
    return (changed * (_rms(waveform) / level if level else 1.0)).astype(np.float32)


def _rms(waveform: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))
