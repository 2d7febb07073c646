"""One sound's numbers as the explorer component wants them: a dict that JSON can hold.

Dense arrays travel as base64 of one byte a number. The spectrogram is scaled between its lowest and
highest value, each map by its own maximum, so a byte is exact to 1/255 of the range it is drawn in.
"""

from __future__ import annotations

import secrets

import numpy as np
import torch

from ast_demo.explain.attention_maps import patch_values, special_share
from ast_demo.explain.explanation import Explanation
from ast_demo.features.patches import PatchGrid
from ast_demo.features.spectrogram import HOP_SECONDS, WINDOW_SECONDS, mel_band
from ast_demo.model.predictor import Predictor
from ast_demo.ui.services.rpc import packed

PAYLOAD_VERSION = 1
WAVEFORM_COLUMNS = 1000  # of the whole sound, each its loudest sample
MAX_PAYLOAD_BYTES = 450_000  # of JSON, for the 87 M model's 1024 frames and 144 maps


def build_payload(
    explanation: Explanation,
    title: str,
    payload_id: str | None = None,
    file: str | None = None,
) -> dict:
    """Collect everything that the explorer draws without asking the server again.

    Args:
        explanation: the explained sound.
        title: what to call the sound, such as its file name; shown as text, never as HTML.
        payload_id: key under which the explanation is kept on the server, see `new_payload_id`.
        file: where a reader of the copied Python finds the sound; by default its title.

    Returns:
        a dict of plain numbers, strings and base64, at most about 450 kB as JSON.
    """
    extractor = explanation.classifier.extractor
    return {
        "version": PAYLOAD_VERSION,
        "id": payload_id or new_payload_id(),
        "title": title,
        "file": file or title,
        "notes": list(explanation.notes),
        "seconds": round(explanation.seconds, 4),
        "num_frames": explanation.num_frames,
        "rule": explanation.rule,
        "threshold": explanation.threshold,
        "abstains": explanation.abstains,
        "model": model_facts(explanation.classifier),
        "timings": {stage: round(spent, 2) for stage, spent in explanation.timings.items()},
        "hop_seconds": HOP_SECONDS,
        "window_seconds": WINDOW_SECONDS,
        "grid": grid_facts(explanation.grid),
        "mel_hertz": mel_hertz(explanation.grid),
        "mean": extractor.mean if extractor.do_normalize else 0.0,
        "std": extractor.std if extractor.do_normalize else 0.5,
        "padding_value": float(extractor.normalize(torch.tensor(extractor.padding_value))),
        "spectrogram": scaled_bytes(explanation.input_values),
        "labels": [
            {"name": name, "score": round(score, 5)} for name, score in explanation.scores.items()
        ],
        "rollout": map_facts(explanation.rollout, explanation.special_share),
        "attention": attention_facts(explanation),
    }


def waveform_facts(waveform: np.ndarray, sampling_rate: int, start: float) -> dict:
    """Pack the outline of the whole sound, and where the explained window begins in it."""
    columns = max(1, min(WAVEFORM_COLUMNS, len(waveform)))
    edges = np.linspace(0, len(waveform), columns + 1).astype(int)[:-1]
    highest = np.maximum.reduceat(np.abs(waveform), edges)
    return {
        "data": packed(_to_bytes(highest, 0.0, max(float(highest.max()), 1e-4))),
        "seconds": len(waveform) / sampling_rate,
        "start": start,
    }


def new_payload_id() -> str:
    """Return a key that nobody else can guess, since it opens the sound's maps."""
    return secrets.token_hex(16)


def model_facts(classifier: Predictor) -> dict:
    """Name a classifier, what it runs on and how large it is."""
    checkpoint = classifier.checkpoint
    return {
        "name": "random weights" if checkpoint is None else checkpoint.name,
        "source": "memory" if checkpoint is None else checkpoint.source,
        "revision": None if checkpoint is None else checkpoint.revision,
        "device": classifier.device.type,
        "dtype": str(classifier.dtype).removeprefix("torch."),
        "parameters": sum(weights.numel() for weights in classifier.model.parameters()),
    }


def grid_facts(grid: PatchGrid) -> dict:
    """Return the numbers that place every patch."""
    return {
        "num_mel_bins": grid.num_mel_bins,
        "max_length": grid.max_length,
        "patch_size": grid.patch_size,
        "frequency_stride": grid.frequency_stride,
        "time_stride": grid.time_stride,
        "freq_patches": grid.freq_patches,
        "time_patches": grid.time_patches,
    }


def mel_hertz(grid: PatchGrid) -> list[list[float]]:
    """List lower edge, centre and upper edge of each mel filter in Hz."""
    return [
        [round(hertz, 1) for hertz in mel_band(mel_bin, grid.num_mel_bins, grid.sampling_rate)]
        for mel_bin in range(grid.num_mel_bins)
    ]


def attention_facts(explanation: Explanation, token: str | int = "pooled") -> dict:
    """Pack what a token attended to in every layer and head."""
    layers = explanation.classifier.config.num_hidden_layers
    maps = [explanation.attention_tokens(layer, token).float().cpu() for layer in range(layers)]
    tokens = torch.stack(maps)  # (layers, heads, tokens)
    patches = patch_values(tokens).numpy()
    highest = patches.max(axis=-1, keepdims=True)
    return {
        "layers": tokens.shape[0],
        "heads": tokens.shape[1],
        "data": packed(_to_bytes(patches, 0.0, highest)),
        "max": _rounded(highest),
        "entropy": _rounded(entropy(patches)),
        "special_share": _rounded(special_share(tokens).numpy()),
    }


def map_facts(patch_map: np.ndarray, special: float) -> dict:
    """Pack one map (freq_patches, time_patches) with what tells how flat it is."""
    highest = float(patch_map.max())
    return {
        "data": packed(_to_bytes(patch_map, 0.0, highest)),
        "max": _significant(highest),
        "entropy": _significant(float(entropy(patch_map.ravel()))),
        "special_share": _significant(special),
    }


def entropy(patches: np.ndarray) -> np.ndarray:
    """Return the entropy in bits of maps (..., patches), each taken as shares of its own sum.

    It is log2(patches) for a map that is the same everywhere and 0 for a single hot patch.
    """
    total = patches.sum(axis=-1, keepdims=True)
    shares = patches / np.where(total > 0, total, 1.0)
    bits = np.where(shares > 0, -shares * np.log2(np.where(shares > 0, shares, 1.0)), 0.0)
    return bits.sum(axis=-1)


def scaled_bytes(array: np.ndarray) -> dict:
    """Pack an array between its lowest and highest value."""
    low, high = float(array.min()), float(array.max())
    return {"data": packed(_to_bytes(array, low, high)), "low": low, "high": high}


def _to_bytes(array: np.ndarray, low, high) -> bytes:
    """Scale low..high to 0..255, a byte a number; a constant array becomes zeros."""
    span = np.asarray(high) - low
    scaled = (array - low) / np.where(span > 0, span, 1.0) * 255
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8).tobytes()


def _rounded(array: np.ndarray) -> list[float]:
    """List numbers with the digits that a screen can show."""
    return [_significant(float(value)) for value in np.ravel(array)]


def _significant(value: float) -> float:
    return float(f"{value:.4g}")
