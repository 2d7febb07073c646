"""Find, read and write checkpoints: bundled, in a folder, in one file, or on the Hugging Face Hub.

A checkpoint is config.json (the model's shape), preprocessor_config.json (its features) and a file
of weights. What tensors are called is settled in names.py, weight files in weights.py, the authors'
own files in original.py, downloads in hub.py; here they come together.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.hub import HubRepository, Progress, is_hub_id
from ast_demo.checkpoint.original import original_settings
from ast_demo.checkpoint.weights import (
    CheckpointError,
    load_weights,
    parse_dtype,
    read_weights,
    reason,
    write_weights,
)

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "bundled_names",
    "find_checkpoint",
    "find_settings",
    "parse_dtype",
    "save_checkpoint",
    "save_config",
    "save_preprocessor",
]

CONFIG_FILE = "config.json"
PREPROCESSOR_FILE = "preprocessor_config.json"
SAFETENSORS_FILE = "model.safetensors"
PICKLE_FILE = "pytorch_model.bin"
BUNDLED_FOLDER = Path(__file__).resolve().parents[2] / "assets"
MOST_JSON_BYTES = 16 * 2**20  # AudioSet's 527 labels take 30 kB; more than this is no config


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


def bundled_names() -> list[str]:
    """List the checkpoints that ship with the package."""
    return sorted(path.parent.name for path in BUNDLED_FOLDER.glob(f"*/{CONFIG_FILE}"))


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
    source, path = _locate(name)
    if source == "file":
        return _from_file(name, path)
    place = HubRepository(name, revision) if source == "hub" else Folder(name, path)
    config, preprocessor = _read_settings(place)
    weights = place.fetch(SAFETENSORS_FILE, progress) or place.fetch(PICKLE_FILE, progress)
    if weights is None:
        raise place.lacks(f"{SAFETENSORS_FILE} and no {PICKLE_FILE}")
    return Checkpoint(name, source, config, preprocessor, weights, place.commit)


def find_settings(name_or_path: str | Path, file: str, revision: str | None = None) -> dict:
    """Read config.json or preprocessor_config.json of a checkpoint, without touching its weights.

    Raises:
        CheckpointError: if there is no such checkpoint or it lacks the file.
    """
    name = str(name_or_path)
    source, path = _locate(name)
    if source == "file":
        checkpoint = _from_file(name, path)
        return checkpoint.config if file == CONFIG_FILE else checkpoint.preprocessor
    place = HubRepository(name, revision) if source == "hub" else Folder(name, path)
    settings = _read_json(place, file)
    if settings is None:
        raise place.lacks(file)
    return settings


def save_checkpoint(
    folder: str | Path, config: Mapping, state_dict: Mapping[str, torch.Tensor]
) -> None:
    """Write config.json and model.safetensors in the naming every transformers version reads."""
    dtype = str(next(iter(state_dict.values())).dtype).removeprefix("torch.")
    # transformers 5 reads "dtype", those before it "torch_dtype".
    save_config(folder, {**config, "dtype": dtype, "torch_dtype": dtype})
    write_weights(Path(folder) / SAFETENSORS_FILE, state_dict)


def save_config(folder: str | Path, values: Mapping) -> None:
    """Write config.json into a folder, which is made if needed."""
    _write_json(Path(folder), CONFIG_FILE, values)


def save_preprocessor(folder: str | Path, values: Mapping) -> None:
    """Write preprocessor_config.json into a folder, which is made if needed."""
    _write_json(Path(folder), PREPROCESSOR_FILE, values)


class Folder:
    """A folder of the file system, asked for files in the same way as a `HubRepository`."""

    commit = None  # only the Hub keeps versions

    def __init__(self, name: str, folder: Path):
        self.name = name
        self._folder = folder

    def fetch(self, file: str, progress: Progress | None = None) -> Path | None:
        """Return the path of a file; None if it is not there."""
        path = self._folder / file
        return path if path.is_file() else None

    def lacks(self, file: str) -> CheckpointError:
        """Say that a file is missing."""
        return CheckpointError(f"{self.name} has no {file}: add it to the folder.")


def _write_json(folder: Path, file: str, values: Mapping) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    partial = folder / f"{file}.partial"
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, folder / file)


def _locate(name: str) -> tuple[str, Path]:
    """Tell what a name means: "bundled", "folder", "file" or "hub", and the path of the former."""
    if name in bundled_names():
        return "bundled", BUNDLED_FOLDER / name
    path = Path(name)
    try:
        path = path.expanduser()
        if name.strip() and path.is_dir():  # an empty name would be the current folder
            return "folder", path
        if path.is_file():
            return "file", path
    except (OSError, RuntimeError, ValueError):  # too long, of an unknown user, holding a NUL
        pass
    if is_hub_id(name):
        return "hub", path
    raise CheckpointError(
        f"there is no checkpoint {name[:200]!r}: give a bundled name "
        f"({', '.join(bundled_names())}), a folder with {CONFIG_FILE}, a weights file, or a Hub id "
        "such as MIT/ast-finetuned-audioset-10-10-0.4593."
    )


def _read_settings(place: Folder | HubRepository) -> tuple[dict, dict | None]:
    """Read config.json, which must be, and preprocessor_config.json, which a model can do without.

    A config that cannot be right is refused here, before gigabytes of weights are downloaded.
    """
    config = _read_json(place, CONFIG_FILE)
    if config is None:
        raise place.lacks(CONFIG_FILE)
    try:
        parsed = ASTConfig.from_dict(config)
    except ValueError as error:
        raise CheckpointError(f"{place.name} cannot be used: {error}") from error
    preprocessor = _read_json(place, PREPROCESSOR_FILE)
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
        config, preprocessor = original_settings(name, read_weights(path))
    return Checkpoint(name, "file", config, preprocessor, path)


def _read_json(place: Folder | HubRepository, file: str) -> dict | None:
    """Read a settings file; None if there is none."""
    path = place.fetch(file)
    if path is None:
        return None
    try:
        if path.stat().st_size > MOST_JSON_BYTES:
            raise ValueError(f"larger than {MOST_JSON_BYTES} bytes")
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{file} of {place.name} is no readable JSON ({reason(error)}): write it anew."
        ) from error
    if not isinstance(values, dict):
        raise CheckpointError(
            f"{file} of {place.name} holds a {type(values).__name__}, expected a JSON object."
        )
    return values
