"""Find, read and write checkpoints: bundled, in a folder, in one file, or on the Hugging Face Hub.

A checkpoint is config.json (the model's shape), preprocessor_config.json (its features) and a file
of weights. Where these lie is settled in locate.py, what tensors are called in key_mapping.py,
weight files in weights.py, the authors' own files in original.py, downloads in hub.py; here they
come together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.checkpoint.hub import HubRepository, Progress
from ast_demo.checkpoint.locate import (
    CONFIG_FILE,
    PICKLE_FILE,
    PREPROCESSOR_FILE,
    SAFETENSORS_FILE,
    Folder,
    find_place,
    locate,
    read_json,
    save_config,
)
from ast_demo.checkpoint.original import original_settings
from ast_demo.checkpoint.weights import load_weights, read_weights, write_weights


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was found: its settings, and where its weights are."""

    name: str  # as asked for
    source: str  # "bundled", "folder", "file" or "hub"
    config: dict  # content of config.json
    stored_preprocessor: dict | None  # content of preprocessor_config.json, if there is one
    weights_file: Path
    revision: str | None = None  # commit on the Hub

    @property
    def preprocessor(self) -> dict:
        """Return the settings of the feature extractor.

        Raises:
            CheckpointError: if the checkpoint holds a model alone.
        """
        if self.stored_preprocessor is None:
            raise CheckpointError(
                f"{self.name} has no {PREPROCESSOR_FILE}, only a model: add the one of its "
                "training, whose mean and std the features need."
            )
        return self.stored_preprocessor

    def load_weights(self) -> dict[str, torch.Tensor]:
        """Read the weights under the names of our modules.

        Raises:
            CheckpointError: if the file is damaged or holds anything but tensors.
        """
        return read_weights(self.weights_file)

    def load_into(self, model: nn.Module, dtype: torch.dtype | None = None) -> None:
        """Assign the weights to a model, which may live on the meta device, strictly.

        Args:
            model: any AST.
            dtype: what to convert the weights to; None keeps the stored one.

        Raises:
            CheckpointError: naming the keys that do not fit.
        """
        load_weights(model, self.load_weights(), self.name, dtype)

    def sha256(self) -> str:
        """Return the SHA-256 digest of the weights file, in hexadecimal."""
        digest = hashlib.sha256()
        with self.weights_file.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()


def find_checkpoint(
    name_or_path: str | Path, revision: str | None = None, progress: Progress | None = None
) -> Checkpoint:
    """Find a checkpoint by bundled name, folder, weights file or Hub id, in this order.

    Args:
        name_or_path: "everyday-sounds", "path/to/folder", "path/to/original.pth" or
            "MIT/ast-finetuned-audioset-10-10-0.4593".
        revision: branch, tag or commit; Hub repositories only.
        progress: told the bytes of the weights that have arrived and their bytes in all, while they
            download.

    Raises:
        CheckpointError: if there is no such checkpoint, it lacks a file, its settings cannot be
            right, or the Hub is out of reach.
    """
    name = str(name_or_path)
    source, path = locate(name)
    if source == "file":
        return _from_file(name, path)
    place = find_place(name, source, path, revision)
    config, preprocessor = _read_settings(place)
    weights = place.fetch(SAFETENSORS_FILE, progress) or place.fetch(PICKLE_FILE, progress)
    if weights is None:
        raise place.lacks(f"{SAFETENSORS_FILE} and no {PICKLE_FILE}")
    return Checkpoint(name, source, config, preprocessor, weights, place.commit)


def save_checkpoint(
    folder: str | Path, config: Mapping, state_dict: Mapping[str, torch.Tensor]
) -> None:
    """Write config.json and model.safetensors in the naming every transformers version reads."""
    dtype = str(next(iter(state_dict.values())).dtype).removeprefix("torch.")
    # transformers 5 reads "dtype", those before it "torch_dtype".
    save_config(folder, {**config, "dtype": dtype, "torch_dtype": dtype})
    write_weights(Path(folder) / SAFETENSORS_FILE, state_dict)


def _read_settings(place: Folder | HubRepository) -> tuple[dict, dict | None]:
    """Read config.json, which must be, and preprocessor_config.json, which a model can do without.

    A config that cannot be right is refused here, before gigabytes of weights are downloaded.
    """
    config = read_json(place, CONFIG_FILE)
    if config is None:
        raise place.lacks(CONFIG_FILE)
    try:
        parsed = ASTConfig.from_dict(config)
    except ValueError as error:
        raise CheckpointError(f"{place.name} cannot be used: {error}") from error
    preprocessor = read_json(place, PREPROCESSOR_FILE)
    if preprocessor is not None:
        preprocessor = _reconciled(place.name, parsed, preprocessor)
    return config, preprocessor


def _reconciled(name: str, config: ASTConfig, preprocessor: Mapping) -> dict:
    """Give max_length and num_mel_bins one owner, the model's config, and refuse disagreement."""
    merged = dict(preprocessor)
    for key in ("max_length", "num_mel_bins"):
        expected = getattr(config, key)
        if merged.setdefault(key, expected) != expected:
            raise CheckpointError(
                f"{name} disagrees with itself: {key} is {expected} in {CONFIG_FILE} but "
                f"{repr(merged[key])[:100]} in {PREPROCESSOR_FILE}: make them equal."
            )
    return merged


def _from_file(name: str, path: Path) -> Checkpoint:
    """Use the settings beside a weights file, or recognize an original checkpoint by its shapes."""
    place = Folder(name, path.parent)
    if place.fetch(CONFIG_FILE):
        config, preprocessor = _read_settings(place)
    else:
        settings, preprocessor = original_settings(name, read_weights(path))
        config = ASTConfig.from_dict(settings).to_dict()
    return Checkpoint(name, "file", config, preprocessor, path)
