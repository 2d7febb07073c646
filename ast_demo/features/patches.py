"""The patch grid: which token is which patch, and the mel bins, frames, Hz and seconds of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.spectrogram import HOP_SECONDS, WINDOW_SECONDS, mel_band

SPECIAL_TOKENS = 2  # CLS and distillation stand before the patches


@dataclass(frozen=True)
class PatchGrid:
    """Map between tokens, patches and the spectrogram plane.

    Patches are squares of `patch_size` mel bins by `patch_size` frames, `frequency_stride` and
    `time_stride` apart, so neighbours overlap when a stride is smaller than the patch. Tokens are
    numbered as the model sees them: CLS, distillation, then patch f * time_patches + t with f = 0
    the lowest band.

    Source: Gong et al. 2021, section 2.1; transformers, ASTPatchEmbeddings.
    """

    num_mel_bins: int = 128
    max_length: int = 1024
    patch_size: int = 16
    frequency_stride: int = 10
    time_stride: int = 10
    sampling_rate: int = 16000

    @classmethod
    def from_config(cls, config: ASTConfig, sampling_rate: int = 16000) -> PatchGrid:
        """Take the grid of a model."""
        return cls(
            num_mel_bins=config.num_mel_bins,
            max_length=config.max_length,
            patch_size=config.patch_size,
            frequency_stride=config.frequency_stride,
            time_stride=config.time_stride,
            sampling_rate=sampling_rate,
        )

    @property
    def freq_patches(self) -> int:
        """Patches from the lowest to the highest band."""
        return (self.num_mel_bins - self.patch_size) // self.frequency_stride + 1

    @property
    def time_patches(self) -> int:
        """Patches from the first to the last frame."""
        return (self.max_length - self.patch_size) // self.time_stride + 1

    @property
    def num_patches(self) -> int:
        """Patches in all."""
        return self.freq_patches * self.time_patches

    @property
    def num_tokens(self) -> int:
        """Length of the model's sequence: special tokens and patches."""
        return SPECIAL_TOKENS + self.num_patches

    @property
    def covered_mel_bins(self) -> int:
        """Mel bins that some patch covers; those above belong to none."""
        return (self.freq_patches - 1) * self.frequency_stride + self.patch_size

    @property
    def covered_frames(self) -> int:
        """Frames that some patch covers; those after belong to none."""
        return (self.time_patches - 1) * self.time_stride + self.patch_size

    def token(self, f: int, t: int) -> int:
        """Return the token number of patch (f, t).

        Raises:
            ValueError: if the patch lies outside the grid.
        """
        if not (0 <= f < self.freq_patches and 0 <= t < self.time_patches):
            raise ValueError(
                f"patch ({f}, {t}) lies outside the grid: rows run from 0 to "
                f"{self.freq_patches - 1}, columns from 0 to {self.time_patches - 1}."
            )
        return SPECIAL_TOKENS + f * self.time_patches + t

    def patch(self, token: int) -> tuple[int, int]:
        """Return row and column (f, t) of a token.

        Raises:
            ValueError: if the token is CLS, distillation or beyond the last patch.
        """
        if not SPECIAL_TOKENS <= token < self.num_tokens:
            raise ValueError(
                f"token {token} is no patch: patches are tokens {SPECIAL_TOKENS} to "
                f"{self.num_tokens - 1} (0 is CLS, 1 is distillation)."
            )
        return divmod(token - SPECIAL_TOKENS, self.time_patches)

    def mel_bins(self, f: int) -> range:
        """Return the mel bins that row f covers."""
        return range(f * self.frequency_stride, f * self.frequency_stride + self.patch_size)

    def frames(self, t: int) -> range:
        """Return the frames that column t covers."""
        return range(t * self.time_stride, t * self.time_stride + self.patch_size)

    def hertz(self, f: int) -> tuple[float, float]:
        """Return the band of row f in Hz: where its first filter begins and its last one ends."""
        bins = self.mel_bins(f)
        low, _, _ = mel_band(bins[0], self.num_mel_bins, self.sampling_rate)
        _, _, high = mel_band(bins[-1], self.num_mel_bins, self.sampling_rate)
        return low, high

    def seconds(self, t: int) -> tuple[float, float]:
        """Return start of the first frame's window and end of the last frame's, in seconds."""
        frames = self.frames(t)
        return frames[0] * HOP_SECONDS, frames[-1] * HOP_SECONDS + WINDOW_SECONDS

    def patches_at(self, mel_bin: int, frame: int) -> list[tuple[int, int]]:
        """List the patches (f, t) that cover one cell; empty where the grid leaves a remainder."""
        rows = _covering(mel_bin, self.frequency_stride, self.patch_size, self.freq_patches)
        columns = _covering(frame, self.time_stride, self.patch_size, self.time_patches)
        return [(f, t) for f in rows for t in columns]

    def coverage(self) -> np.ndarray:
        """Count the patches over each cell: int (num_mel_bins, max_length); 0 is never seen."""
        rows = [
            len(_covering(m, self.frequency_stride, self.patch_size, self.freq_patches))
            for m in range(self.num_mel_bins)
        ]
        columns = [
            len(_covering(n, self.time_stride, self.patch_size, self.time_patches))
            for n in range(self.max_length)
        ]
        return np.outer(rows, columns)

    def spread(self, patch_map: np.ndarray) -> np.ndarray:
        """Draw a map of patches on the spectrogram plane, averaging where patches overlap.

        Args:
            patch_map: one value a patch, float (freq_patches, time_patches).

        Returns:
            heatmap, float32 (num_mel_bins, max_length); NaN where no patch looks.

        Raises:
            ValueError: if the map has another shape.
        """
        patch_map = np.asarray(patch_map, dtype=np.float64)
        expected = (self.freq_patches, self.time_patches)
        if patch_map.shape != expected:
            raise ValueError(f"the map has shape {patch_map.shape}, expected {expected}.")
        # A cell is covered by a rectangle of patches, so averaging separates into two products.
        rows = _membership(
            self.num_mel_bins, self.frequency_stride, self.patch_size, self.freq_patches
        )
        columns = _membership(self.max_length, self.time_stride, self.patch_size, self.time_patches)
        return (rows @ patch_map @ columns.T).astype(np.float32)


def _covering(position: int, stride: int, size: int, count: int) -> range:
    """Return the patch indices along one axis that cover a position."""
    first = max(0, -(-(position - size + 1) // stride))
    last = min(count - 1, position // stride)
    return range(first, last + 1)


def _membership(length: int, stride: int, size: int, count: int) -> np.ndarray:
    """Return weights (length, count) that average the patches over each position; NaN if none."""
    starts = np.arange(count) * stride
    positions = np.arange(length)[:, None]
    inside = ((positions >= starts) & (positions < starts + size)).astype(np.float64)
    covers = inside.sum(axis=1, keepdims=True)
    return np.divide(inside, covers, out=np.full_like(inside, np.nan), where=covers > 0)
