"""What is drawn for a batch, and where a sound is placed in its window."""

from pathlib import Path

import numpy as np
import pytest

from ast_demo.training.data.clips import Clip
from ast_demo.training.data.feature_cache import FeatureCache
from ast_demo.training.data.sampler import SPILL, BatchSource, Pool, place
from ast_demo.training.recipe import Recipe, Stage


def test_clips_are_drawn_as_often_as_they_are_long():
    rng = np.random.default_rng(0)
    pool = Pool([4, 7], np.array([0, 0, 0, 0, 99.0, 0, 0, 299.0]))
    drawn = [pool.draw(rng) for _ in range(4000)]
    assert drawn.count(7) / len(drawn) == pytest.approx(0.75, abs=0.03)


def test_a_placed_sound_is_whole_and_surrounded_by_its_own_softest_frames():
    loudness = np.concatenate([np.full(10, -9.0), np.linspace(-3, 0, 40), np.full(10, -9.0)])
    piece = np.repeat(loudness[:, None], 4, axis=1).astype(np.float32)
    piece[:, 0] += np.arange(60) * 1e-3  # every frame can be told from the others
    starts = set()
    for seed in range(60):
        row = np.zeros((100, 4), np.float32)
        place(np.random.default_rng(seed), row, piece)
        loud = np.flatnonzero(row[:, 1] > -5)
        inside = row[loud]
        assert np.array_equal(inside, piece[10:50][: len(inside)]) or len(inside) < 40
        assert (np.delete(row[:, 1], loud) == -9.0).all()
        starts.add(int(loud[0]))
    assert min(starts) < SPILL < 40 < max(starts)  # anywhere in the window


def source(**choices) -> BatchSource:
    """Return two clips of tones over noise, to draw batches from."""
    rng = np.random.default_rng(1)
    frames = rng.normal(-6, 1, (400, 128)).astype(np.float16)
    frames[:200, 20:24] += 6
    frames[200:, 80:84] += 6
    ends = np.array([200, 400])
    cache = FeatureCache(frames, ends - 200, ends, np.ones(2), ("", ""))
    names = ("low", "high")
    clips = [Clip(Path(name), (name,), "train", name, name) for name in names]
    return BatchSource(clips, cache, [*names, "Silence"], Recipe(**choices))


def test_of_made_up_noise_and_hum_every_label_is_asked_to_be_absent():
    batch = source(unknown=0.5, splice_share=1.0).draw(0, Stage(0.0, 64, mixup=1.0), 64, 200)
    made_up = batch.clips < 0
    assert 60 < made_up.sum() < 140
    assert (batch.weight[made_up] == 1).all()
    assert not batch.targets[made_up].any()
    assert batch.targets[~made_up].any(dim=1).all()
    assert (batch.partners[made_up] == -1).all()  # nothing is mixed with them, nor they with it
    assert not made_up[batch.partners[batch.partners >= 0]].any()
    level = batch.log_mel[made_up].amax(dim=(1, 2))
    assert level.min() < -2  # soft
    assert level.max() > 6


def test_without_made_up_sounds_a_batch_is_what_it_was():
    stage = Stage(0.0, 64, mixup=0.4)
    plain, again = (source(silence=0.1, unknown=0.0).draw(3, stage, 64, 40) for _ in range(2))
    assert np.array_equal(plain.log_mel, again.log_mel)
    assert (plain.clips[plain.targets[:, 2] == 1] == -1).all()
