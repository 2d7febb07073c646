"""Log-mel spectrograms of a whole data set, computed once and memory-mapped afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ast_demo.atomic_files import replacing, write_json
from ast_demo.audio.load import AudioError
from ast_demo.features.spectrogram import log_mel_spectrogram

NUM_MEL_BINS = 128
SAMPLING_RATE = 16000  # Hz, of every waveform that is read
VERSION = 2  # raise when the front end changes: older caches are then computed anew


@dataclass(frozen=True)
class FeatureCache:
    """Spectrograms of clips: one array of frames on disk, and where each clip lies in it.

    Half precision keeps log energies to 0.008, a hundredth of their fluctuation in noise, and
    halves the reading.
    """

    frames: np.ndarray  # float16 (all frames, mel_bins), memory-mapped
    starts: np.ndarray  # first frame of each clip
    ends: np.ndarray  # frame after its last
    peaks: np.ndarray  # largest sample of each clip, full scale 1.0; NaN if it cannot be read
    problems: tuple[str, ...]  # why not, a sentence a clip; empty if it can

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, clip: int) -> np.ndarray:
        """Return the log-mel spectrogram of one clip, float16 (frames, mel_bins)."""
        return self.frames[self.starts[clip] : self.ends[clip]]

    @property
    def num_frames(self) -> np.ndarray:
        """Frames of each clip."""
        return self.ends - self.starts

    def subset(self, clips: Sequence[int]) -> FeatureCache:
        """Return some of the clips, in the order asked for; the frames are shared."""
        chosen = np.asarray(clips, dtype=np.int64)
        problems = tuple(self.problems[clip] for clip in chosen)
        return FeatureCache(
            self.frames, self.starts[chosen], self.ends[chosen], self.peaks[chosen], problems
        )


def cache_key(files: Sequence[Path], max_seconds: float, kind: str = "") -> str:
    """Name a cache after what went into it: paths, sizes, times of the files, limit, kind."""
    digest = hashlib.sha256(f"{VERSION} {max_seconds}{kind}".encode())
    for file in files:
        stat = file.stat()
        digest.update(f"{file} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def build_cache(
    files: Sequence[Path],
    folder: Path,
    read: Callable[[Path], np.ndarray],
    max_seconds: float = 10.24,
    progress: Callable[[int, int], None] | None = None,
    kind: str = "",
) -> FeatureCache:
    """Compute the spectrograms of files, or open them if they were computed before.

    Args:
        files: audio files, in the order the cache will have.
        folder: where caches are kept; it is made if needed.
        read: returns a file's waveform, mono float32 at SAMPLING_RATE, or raises AudioError.
        max_seconds: part of each file that is kept.
        progress: called with (files done, files in all).
        kind: what `read` does to the sounds, to keep such caches apart.

    Raises:
        ValueError: if the disk is full.
    """
    target = Path(folder) / cache_key(files, max_seconds, kind)
    index = target / "index.json"
    if not index.is_file():
        try:
            target.mkdir(parents=True, exist_ok=True)
            _compute(files, target, read, max_seconds, progress)
        except OSError as error:
            raise ValueError(
                f"the spectrograms could not be written to {target} "
                f"({error.strerror or error}): free some space or choose another folder."
            ) from error
    about = json.loads(index.read_text(encoding="utf-8"))
    ends = np.cumsum(about["num_frames"])
    total = int(ends[-1]) if len(ends) else 0
    frames = np.zeros((0, NUM_MEL_BINS), np.float16)
    if total:  # an empty file cannot be mapped
        frames = np.memmap(target / "frames.f16", np.float16, "r", shape=(total, NUM_MEL_BINS))
    starts = ends - np.asarray(about["num_frames"], np.int64)
    peaks = np.array([np.nan if peak is None else peak for peak in about["peaks"]])
    return FeatureCache(frames, starts, ends, peaks, tuple(about["problems"]))


def _compute(files, target: Path, read, max_seconds: float, progress) -> None:
    """Write the frames, then the index that marks them complete."""
    num_frames: list[int] = []
    peaks: list[float | None] = []
    problems: list[str] = []
    frames = target / "frames.f16"
    with replacing(frames) as partial, partial.open("wb") as out, torch.inference_mode():
        for done, file in enumerate(files, start=1):
            try:
                waveform = read(file)[: int(max_seconds * SAMPLING_RATE)]
            except AudioError as error:
                num_frames.append(0)
                peaks.append(None)
                problems.append(str(error))
            else:
                log_mel = log_mel_spectrogram(torch.from_numpy(waveform)).to(torch.float16)
                out.write(log_mel.numpy().tobytes())
                num_frames.append(len(log_mel))
                peaks.append(round(float(np.abs(waveform).max()), 6))
                problems.append("")
            if progress is not None:
                progress(done, len(files))
    about = {"num_frames": num_frames, "peaks": peaks, "problems": problems}
    write_json(target / "index.json", about)
