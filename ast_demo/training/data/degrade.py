"""What rooms, loudspeakers, microphones and codecs do to a sound on its way to a listener.

A collection coded one way teaches a model to hear the coding. Each clip gets a degraded copy,
drawn by its name alone, and training hears either.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import soundfile as sf

SAMPLING_RATE = 16000  # Hz
ROOM_SHARE, COLOUR_SHARE, CLIPPED_SHARE, CODED_SHARE = 0.5, 0.5, 0.15, 0.8  # of the copies
REVERBERATION_SECONDS = (0.12, 0.9)  # until it has fallen by 60 dB
DIRECT_DECIBELS = (-4.0, 14.0)  # of the direct sound over the reverberation
LOW_CUT_HZ, HIGH_CUT_HZ = (40.0, 400.0), (3000.0, 8000.0)  # of loudspeakers and phones
OVERDRIVE = (1.3, 6.0)  # times full scale before clipping
CODECS = (("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"))
COMPRESSION = (0.3, 1.0)  # libsndfile's compression_level: 1.0 is the smallest file


def degrade(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a mono waveform of 16 kHz, of the same length and rms, as it arrives somewhere."""
    sound = waveform.astype(np.float32)
    loudness = _rms(sound)
    if not len(sound) or loudness == 0.0:
        return sound
    if rng.random() < ROOM_SHARE:
        sound = _in_a_room(sound, rng)
    if rng.random() < COLOUR_SHARE:
        sound = _coloured(sound, rng)
    if rng.random() < CLIPPED_SHARE:
        sound = np.clip(sound / np.abs(sound).max() * rng.uniform(*OVERDRIVE), -1.0, 1.0)
    if rng.random() < CODED_SHARE:
        sound = _coded(sound, rng)
    return (sound * (loudness / max(_rms(sound), 1e-9))).astype(np.float32)


def generator_of(file: Path) -> np.random.Generator:
    """Return the source of randomness of a file's degraded copy: the same on every machine."""
    return np.random.default_rng(zlib.crc32(f"{file.parent.name}/{file.name}".encode()))


def _in_a_room(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    seconds = rng.uniform(*REVERBERATION_SECONDS)
    time = np.arange(int(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    tail = rng.standard_normal(len(time)) * 10.0 ** (-3.0 * time / seconds)
    tail /= np.sqrt(np.square(tail).sum()) * 10.0 ** (rng.uniform(*DIRECT_DECIBELS) / 20)
    tail[0] += 1.0
    size = 1 << int(len(sound) + len(tail) - 1).bit_length()
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)
    return heard[: len(sound)].astype(np.float32)


def _coloured(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut lows and highs, and raise or lower a few octaves between them."""
    size = 1 << len(sound).bit_length()
    hertz = np.fft.rfftfreq(size, 1 / SAMPLING_RATE) + 1.0
    low = np.exp(rng.uniform(*np.log(LOW_CUT_HZ)))
    high = np.exp(rng.uniform(*np.log(HIGH_CUT_HZ)))
    gain = 1 / np.sqrt((1 + (low / hertz) ** 4) * (1 + (hertz / high) ** 8))
    octave = np.log2(hertz)
    for centre in rng.uniform(7.0, 12.5, 3):
        bump = np.exp(-(((octave - centre) / 0.4) ** 2))
        gain *= 10.0 ** (rng.uniform(-6.0, 6.0) * bump / 20)
    return np.fft.irfft(np.fft.rfft(sound, size) * gain, size)[: len(sound)].astype(np.float32)


def _coded(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Code and decode at a level that codecs are made for, at a random quality."""
    container, codec = CODECS[rng.integers(len(CODECS))]
    gain = 0.5 / np.abs(sound).max()
    buffer = io.BytesIO()
    quality = rng.uniform(*COMPRESSION)
    sf.write(
        buffer, sound * gain, SAMPLING_RATE, codec, format=container, compression_level=quality
    )
    buffer.seek(0)
    decoded = sf.read(buffer, dtype="float32")[0][: len(sound)] / gain
    return np.pad(decoded, (0, len(sound) - len(decoded)))


def _rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.square(sound, dtype=np.float64).mean())) if len(sound) else 0.0
