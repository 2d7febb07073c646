"""Draw batches of augmented crops; every batch depends on the seed and its number alone.

That makes a run resumable without storing the state of any generator, and equal to an
uninterrupted one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from ast_demo.training.data.augment import (
    LOG_FLOOR,
    NEPERS_PER_DECIBEL,
    Augmenter,
    log_mel_level,
    mix,
    mix_targets,
)
from ast_demo.training.data.batch import Batch
from ast_demo.training.data.clips import Clip
from ast_demo.training.data.feature_cache import FeatureCache
from ast_demo.training.data.made_up import NOISE_DECIBELS, NOISE_TILT, line_spectrum
from ast_demo.training.data.splice import splice
from ast_demo.training.recipe import Recipe, Stage

CANDIDATES = 3  # crops compared for energy, so that few show the pause after a bark
LOUDEST_SHARE = 0.75  # of crops that are the loudest candidate
QUIET = 0.15  # of the clip's mean energy: a softer crop is not asked for its label
SILENCE_DECIBELS = (-90.0, -50.0)  # of made-up room noise
SILENCE_TILT = (-25.0, 8.0)  # dB from the lowest to the highest mel bin: rooms rumble
DIGITAL_SHARE = 0.15  # of made-up silence that has no noise at all
FAR_SHARE = 0.3  # of made-up silence with a real sound far below it
FAR_DECIBELS = (39.0, 56.0)
NOISE_SHARE = 0.5  # of made-up sound without a name; the rest are hums and tones
LONGEST = 512  # frames that count when clips are drawn by length
SPILL = 10  # frames that a placed clip may stick out of the window
BACKGROUND_SHARE = 0.12  # of a clip's frames, the softest: what surrounds it when it is placed


class Pool:
    """Clips to draw from by their length, so that every second is heard as often."""

    def __init__(self, clips: Sequence[int], lengths: np.ndarray):
        self.clips = np.asarray(clips, np.int64)
        weights = lengths[self.clips] + 1.0
        self.ends = np.cumsum(weights) / max(1.0, weights.sum())

    def __len__(self) -> int:
        return len(self.clips)

    def draw(self, rng) -> int:
        """Return one of the clips."""
        place = np.searchsorted(self.ends, rng.random(), "right")
        return int(self.clips[min(place, len(self.clips) - 1)])


class BatchSource:
    """Clips to draw from, by class."""

    def __init__(
        self,
        clips: Sequence[Clip],
        cache: FeatureCache,
        labels: Sequence[str],
        recipe: Recipe,
        degraded: FeatureCache | None = None,
    ):
        index = {label: number for number, label in enumerate(labels)}
        self.recipe = recipe
        self.cache, self.degraded = cache, degraded
        self.targets = np.zeros((len(clips), len(labels)), np.float32)
        self.kin = {}  # clips of one recording and class, to follow one another
        by_class = [[] for _ in labels]
        for number, clip in enumerate(clips):
            for label in clip.labels:
                self.targets[number, index[label]] = 1.0
                by_class[index[label]].append(number)
            self.kin.setdefault((clip.recording, clip.labels), []).append(number)
        self.families = [(clip.recording, clip.labels) for clip in clips]
        lengths = np.minimum(cache.num_frames, LONGEST).astype(np.float64)
        self.classes = [Pool(members, lengths) for members in by_class if members]
        emphasis = [recipe.emphasis.get(name, 1.0) for name, own in zip(labels, by_class) if own]
        self.emphasis = np.cumsum(emphasis) / np.sum(emphasis)
        self.labelled = np.flatnonzero(self.targets.any(axis=1))
        self.unlabelled = Pool(np.flatnonzero(~self.targets.any(axis=1)).tolist(), lengths)
        self.silence = index.get(recipe.silence_label, -1)
        frames = np.asarray(cache.frames)
        self.energy = np.concatenate([[0.0], np.cumsum(frame_energies(frames))])
        self.augmenter = Augmenter(torch.Generator())

    def draw(self, number: int, stage: Stage, frames: int, batch: int) -> Batch:
        """Return a batch by its number in the run."""
        rng = np.random.default_rng((self.recipe.seed, number))
        self.augmenter.generator.manual_seed(int(rng.integers(1 << 62)))
        mel_bins = self.cache.frames.shape[1]
        log_mel = np.zeros((batch, frames, mel_bins), np.float32)
        targets = np.zeros((batch, self.targets.shape[1]), np.float32)
        weight = np.zeros(batch, np.float32)
        clips, starts = np.full(batch, -1), np.zeros(batch, np.int64)
        made_up, noise = np.zeros(batch, bool), np.zeros(batch, bool)
        apart = np.full(batch, -1), np.ones(batch, np.float32), np.zeros((batch, 2), np.int64)
        for row in range(batch):
            if self.silence >= 0 and rng.random() < self.recipe.silence:
                made_up[row], weight[row] = True, 1.0
                targets[row, self.silence] = 1.0
                self._far_sound(rng, log_mel[row])
                continue
            if self.recipe.unknown and rng.random() < self.recipe.unknown:
                made_up[row], weight[row] = True, 1.0  # all labels are asked to be absent
                noise[row] = rng.random() < NOISE_SHARE
                log_mel[row] = LOG_FLOOR if noise[row] else line_spectrum(rng, frames)
                continue
            clip = self._choose(rng)
            starts[row] = self._start(rng, clip, frames)
            weight[row] = self._fill(rng, log_mel[row], clip, starts[row])
            targets[row], clips[row] = self.targets[clip], clip
        weight *= targets.any(axis=1) | made_up
        return self._augmented(
            Batch(*map(torch.from_numpy, (log_mel, targets, weight, clips, starts, *apart))),
            torch.from_numpy(made_up)[:, None, None],
            torch.from_numpy(noise)[:, None, None],
            stage,
        )

    def _choose(self, rng) -> int:
        if self.unlabelled and rng.random() < self.recipe.unlabelled:
            return self.unlabelled.draw(rng)
        if self.recipe.balanced:
            return self.classes[np.searchsorted(self.emphasis, rng.random(), "right")].draw(rng)
        return int(rng.choice(self.labelled))

    def _start(self, rng, clip: int, frames: int) -> int:
        spare = int(self.cache.num_frames[clip]) - frames
        if spare <= 0:
            return 0
        candidates = rng.integers(0, spare + 1, CANDIDATES)
        if rng.random() > LOUDEST_SHARE:
            return int(candidates[0])
        return int(max(candidates, key=lambda start: self._energy(clip, start, frames)))

    def _energy(self, clip: int, start: int, frames: int) -> float:
        first, end = self.cache.starts[clip], self.cache.ends[clip]
        low, high = min(first + start, end), min(first + start + frames, end)
        return self.energy[high] - self.energy[low]

    def _fill(self, rng, row: np.ndarray, clip: int, start: int) -> float:
        """Write a crop, and more of its kin after it where it is short; return its weight."""
        piece = self._piece(rng, clip, start, len(row))
        at = len(piece)
        if at < len(row) and rng.random() < self.recipe.place:
            place(rng, row, piece)
            at = len(row)
        else:
            row[:at] = piece
        mean = self._energy(clip, 0, 1 << 40) / max(1, self.cache.num_frames[clip])
        audible = self._energy(clip, start, len(row)) > QUIET * mean * max(1, len(piece))
        if at < len(row) and rng.random() < self.recipe.join:
            kin = self.kin[self.families[clip]]
            while at < len(row):
                piece = self._sound(rng, int(kin[rng.integers(len(kin))]))[: len(row) - at]
                row[at : at + len(piece)] = piece
                at += len(piece)
        return float(audible)

    def _sound(self, rng, clip: int) -> np.ndarray:
        """Return a clip as it is, or its degraded copy."""
        chosen = self.degraded is not None and rng.random() < self.recipe.degraded
        cache = self.degraded if chosen and self.degraded is not None else self.cache
        return cache[clip]

    def _piece(self, rng, clip: int, start: int, frames: int) -> np.ndarray:
        """Return up to some frames of a clip, played faster or slower as the recipe says."""
        sound = self._sound(rng, clip)[start:]
        if not self.recipe.stretch:
            return sound[:frames]
        speed = math.exp(rng.uniform(-1.0, 1.0) * self.recipe.stretch)
        position = np.arange(0.0, len(sound) - 1, speed)[:frames]
        before = position.astype(np.int64)
        share = (position - before).astype(np.float32)[:, None]
        return sound[before] * (1 - share) + sound[before + 1] * share

    def _far_sound(self, rng, row: np.ndarray) -> None:
        row[:] = LOG_FLOOR
        if rng.random() < FAR_SHARE:
            piece = self.cache[int(rng.integers(len(self.cache)))][: len(row)]
            row[: len(piece)] = piece - rng.uniform(*FAR_DECIBELS) * NEPERS_PER_DECIBEL

    def _augmented(
        self, batch: Batch, made_up: torch.Tensor, noise: torch.Tensor, stage: Stage
    ) -> Batch:
        recipe, change = self.recipe, self.augmenter
        count, frames, _ = batch.log_mel.shape
        padding = (batch.log_mel == 0).all(dim=2, keepdim=True)
        sound = change.suppress_rounding(batch.log_mel, recipe.rounding_share)
        if recipe.pitch_bins:
            sound = change.shift_pitch(sound, recipe.pitch_bins)
        if recipe.vocal_tract:
            sound = change.stretch_frequency(sound, recipe.vocal_tract)
        if recipe.room_share:
            sound = change.reverberate(sound, recipe.room_share)
        sound = change.filter(sound, recipe.filter_decibels)
        sound = change.add_noise_floor(sound, recipe.floor_decibels, recipe.floor_share)
        sound = change.change_level(sound, recipe.gain_decibels)
        targets, partners = batch.targets, batch.partners
        alone = sound.masked_fill(padding, LOG_FLOOR)  # padding is no sound to add
        other = torch.randperm(count, generator=change.generator)
        sounding = ~made_up.flatten() & ~made_up.flatten()[other]
        mixable = sounding & (batch.weight > 0) & (batch.weight[other] > 0)
        mixed = mixable & change.chance(count, stage.mixup).flatten()
        behind = sounding & ~mixed & change.chance(count, recipe.background_share).flatten()
        if (mixed | behind).any():
            near = change.uniform(count, -2.5, 0.0)
            far = -change.uniform(count, *recipe.background_decibels) * NEPERS_PER_DECIBEL
            level = log_mel_level(alone)
            gain = torch.where(mixed[:, None, None], near, far + level - level[other])
            both = mix(sound, alone[other], gain)
            sound = torch.where((mixed | behind)[:, None, None], both, sound)
            both = mix_targets(targets, targets[other])
            targets = torch.where(mixed[:, None], both, targets)
            partners = torch.where(mixed, other, partners)
        if made_up.any():
            level = change.uniform(count, *SILENCE_DECIBELS) * NEPERS_PER_DECIBEL
            level = level.masked_fill(change.chance(count, DIGITAL_SHARE), -40.0)
            level = level + change.tilt(count, *SILENCE_TILT)
            if noise.any():
                loud = change.uniform(count, *NOISE_DECIBELS) * NEPERS_PER_DECIBEL
                level = torch.where(noise, loud + change.tilt(count, *NOISE_TILT), level)
            floor = change.noise_floor(count, frames) + level
            alone_in_room = torch.logaddexp(batch.log_mel, floor).clamp(min=LOG_FLOOR)
            sound = torch.where(made_up, alone_in_room, sound)
        sound = sound.masked_fill(padding & ~made_up, 0.0)
        batch = batch._replace(log_mel=sound, targets=targets, partners=partners)
        if recipe.splice_share:
            free = sounding & ~mixed & ~behind
            batch = splice(batch, alone, other, free, change, recipe.splice_share)
        most = min(recipe.spec_time, frames // 4)
        return batch._replace(log_mel=change.mask(batch.log_mel, recipe.spec_freq, most, 0.5))


def place(rng, row: np.ndarray, piece: np.ndarray) -> None:
    """Put a sound anywhere in a longer row, amid frames as soft as its own softest.

    A word in a live window has room noise around it, not padding.
    """
    order = np.argsort(piece.astype(np.float32).sum(axis=1))
    softest = order[: max(4, round(BACKGROUND_SHARE * len(piece)))]
    row[:] = piece[softest[rng.integers(len(softest), size=len(row))]]
    start = int(rng.integers(-SPILL, len(row) - len(piece) + SPILL + 1))
    first, end = max(0, start), min(len(row), start + len(piece))
    row[first:end] = piece[first - start : end - start]


def frame_energies(frames: np.ndarray, block: int = 1 << 16) -> np.ndarray:
    """Return the energy of each frame, summed over mel bins, float64 (frames,)."""
    parts = [
        np.exp(frames[at : at + block].astype(np.float32)).sum(axis=1, dtype=np.float64)
        for at in range(0, len(frames), block)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)
