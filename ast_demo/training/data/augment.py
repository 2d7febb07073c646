"""Augmentation of whole batches of log-mel spectrograms, on any device.

Everything happens before normalization, where adding sounds is adding powers and a gain is a
shift: louder by g adds 2 ln g. Shapes are (batch, frames, mel_bins) throughout.
"""

from __future__ import annotations

import math

import torch

from ast_demo.features.extractor import ENERGY_FLOOR, log_mel_spectrogram
from ast_demo.features.spectrogram import mel_axis

NEPERS_PER_DECIBEL = math.log(10.0) / 10.0  # of power, as log_mel counts
LOG_FLOOR = math.log(ENERGY_FLOOR)
EIGHT_BIT_DECIBELS = -52.9  # rms of rounding to 8 bits: step 2/256, divided by sqrt(12)
ROOM_FRAMES = (1.0, 6.0)  # a reverberation of 0.14 to 0.8 s
DIRECT_DECIBELS = (-3.0, 14.0)  # of the direct sound over the reverberation


def white_noise_frames(seconds: float = 40.0, seed: int = 0) -> torch.Tensor:
    """Return the log-mel spectrogram of white noise of rms 1.0: (frames, mel_bins)."""
    generator = torch.Generator().manual_seed(seed)
    return log_mel_spectrogram(torch.randn(int(seconds * 16000), generator=generator))


class Augmenter:
    """Random level, noise floor, colour, pitch and masks for batches of spectrograms."""

    def __init__(self, generator: torch.Generator, noise: torch.Tensor | None = None):
        self.generator = generator
        self.noise = white_noise_frames() if noise is None else noise
        self.noise_mean = self.noise.mean(dim=0)

    def uniform(self, count: int, low: float, high: float) -> torch.Tensor:
        """Draw numbers shaped to multiply a batch: (count, 1, 1)."""
        return low + (high - low) * torch.rand(count, 1, 1, generator=self.generator)

    def chance(self, count: int, probability: float) -> torch.Tensor:
        """Draw which clips of a batch are changed: bool (count, 1, 1)."""
        return torch.rand(count, 1, 1, generator=self.generator) < probability

    def curve(self, count: int, decibels: float, mel_bins: int = 128) -> torch.Tensor:
        """Draw smooth filters, about +- decibels: nepers (count, 1, mel_bins)."""
        position = torch.linspace(0, math.pi, mel_bins)
        waves = torch.stack([(k * position).cos() for k in (1, 2, 3, 4)])
        weights = torch.randn(count, 4, generator=self.generator) * torch.tensor([1, 0.7, 0.5, 0.4])
        return (weights @ waves)[:, None] * decibels * NEPERS_PER_DECIBEL

    def tilt(self, count: int, low: float, high: float, mel_bins: int = 128) -> torch.Tensor:
        """Draw slopes over frequency that end at low to high dB: nepers (count, 1, mel_bins)."""
        slope = torch.linspace(0.0, 1.0, mel_bins) * NEPERS_PER_DECIBEL
        return self.uniform(count, low, high) * slope

    def noise_floor(self, count: int, frames: int) -> torch.Tensor:
        """Draw pieces of coloured noise of rms about 1.0: (count, frames, mel_bins)."""
        last = len(self.noise) - frames
        starts = torch.randint(last, (count,), generator=self.generator)
        pieces = self.noise[starts[:, None] + torch.arange(frames)]
        return pieces + self.curve(count, 8.0)

    def suppress_rounding(self, log_mel: torch.Tensor, share: float = 0.5) -> torch.Tensor:
        """Push down what lies at the noise of 8-bit rounding, as if it had never been added."""
        count = len(log_mel)
        edge = self.noise_mean + (EIGHT_BIT_DECIBELS + 4.0) * NEPERS_PER_DECIBEL
        depth = self.uniform(count, 0.5, 5.0) * self.chance(count, share)
        lowered = log_mel - depth * torch.sigmoid((edge - log_mel) * 1.5)
        return lowered.clamp(min=LOG_FLOOR)

    def add_noise_floor(
        self, log_mel: torch.Tensor, decibels: tuple[float, float], share: float
    ) -> torch.Tensor:
        """Add coloured noise of a level drawn in dB of full scale to a share of the clips."""
        count, frames, _ = log_mel.shape
        level = self.uniform(count, *decibels) * NEPERS_PER_DECIBEL
        level = level.masked_fill(~self.chance(count, share), -40.0)
        return torch.logaddexp(log_mel, self.noise_floor(count, frames) + level)

    def change_level(self, log_mel: torch.Tensor, decibels: tuple[float, float]) -> torch.Tensor:
        """Make each clip louder or softer."""
        gain = self.uniform(len(log_mel), *decibels) * NEPERS_PER_DECIBEL
        return (log_mel + gain).clamp(min=LOG_FLOOR)

    def filter(self, log_mel: torch.Tensor, decibels: float, share: float = 0.7) -> torch.Tensor:
        """Colour each clip as microphones and rooms do."""
        count = len(log_mel)
        return log_mel + self.curve(count, decibels) * self.chance(count, share)

    def reverberate(self, log_mel: torch.Tensor, share: float) -> torch.Tensor:
        """Let the power of a share of the clips ring on, as in rooms."""
        chosen = self.chance(len(log_mel), share).flatten()
        if not chosen.any():
            return log_mel
        sound = log_mel[chosen]
        count, frames, _ = sound.shape
        # Frames of 10 ms until a room has lost a factor e of power: RT60 / 13.8.
        fall = self.uniform(count, *ROOM_FRAMES)
        amount = torch.exp(-self.uniform(count, *DIRECT_DECIBELS) * NEPERS_PER_DECIBEL)
        distance = torch.arange(frames)[:, None] - torch.arange(frames)
        ringing = torch.exp(-distance.clamp(min=0) / fall) * (distance > 0)
        ringing = ringing * (amount / fall) + torch.eye(frames)
        top = sound.amax(dim=(1, 2), keepdim=True)
        heard = torch.bmm(ringing, (sound - top).exp()).clamp(min=1e-12).log() + top
        return log_mel.index_put((chosen,), heard.clamp(min=LOG_FLOOR))

    def shift_pitch(self, log_mel: torch.Tensor, most: int) -> torch.Tensor:
        """Move each clip up or down by whole mel bins, repeating the edge."""
        count, _, bins = log_mel.shape
        steps = torch.randint(-most, most + 1, (count, 1), generator=self.generator)
        source = (torch.arange(bins) - steps).clamp(0, bins - 1)
        return log_mel.gather(2, source[:, None].expand_as(log_mel))

    def stretch_frequency(self, log_mel: torch.Tensor, most: float) -> torch.Tensor:
        """Multiply all frequencies of each clip by up to e ** most, as another throat would.

        Longer and shorter vocal tracts move formants by a factor, which is no shift in mel.
        """
        count, _, bins = log_mel.shape
        factor = self.uniform(count, -most, most)[:, 0].exp()
        lowest, step = mel_axis(bins, 16000)
        centres = lowest + step * (1 + torch.arange(bins))
        hertz = 700.0 * torch.expm1(centres / 1127.0)
        source = (1127.0 * torch.log1p(hertz / factor / 700.0) - lowest) / step - 1
        source = source.clamp(0, bins - 1)
        below = source.floor().long()
        share = (source - below)[:, None]
        low = log_mel.gather(2, below[:, None].expand_as(log_mel))
        high = log_mel.gather(2, (below + 1).clamp(max=bins - 1)[:, None].expand_as(log_mel))
        return low.lerp(high, share.expand_as(log_mel))

    def mask(self, log_mel: torch.Tensor, freq: int, time: int, share: float) -> torch.Tensor:
        """Set one band and one stretch of a share of the clips to 0.0, as the authors do."""
        for axis, most in ((2, freq), (1, time)):
            if most:
                log_mel = self._mask_axis(log_mel, axis, most, share)
        return log_mel

    def _mask_axis(self, log_mel, axis: int, most: int, share: float) -> torch.Tensor:
        count, length = len(log_mel), log_mel.shape[axis]
        width = torch.randint(most + 1, (count, 1), generator=self.generator)
        width = width * self.chance(count, share)[:, :, 0]
        start = (torch.rand(count, 1, generator=self.generator) * (length - width)).long()
        index = torch.arange(length)
        masked = (index >= start) & (index < start + width)
        return log_mel.masked_fill(masked.unsqueeze(3 - axis), 0.0)


def log_mel_level(log_mel: torch.Tensor) -> torch.Tensor:
    """Return the level of the louder frames of each clip: nepers of power, (batch, 1, 1)."""
    energy = log_mel.logsumexp(dim=2)
    return energy.quantile(0.9, dim=1)[:, None, None]


def mix(first: torch.Tensor, second: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
    """Play two sounds at once, the second changed by a gain in nepers of power."""
    return torch.logaddexp(first, second + gain)


def mix_targets(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the probability that a label is heard in either sound: 1 - (1 - p)(1 - q)."""
    return 1 - (1 - first) * (1 - second)
