"""Find, read and write checkpoints: bundled, in a folder, in one file, or on the Hugging Face Hub.

A checkpoint is config.json (the model's shape), preprocessor_config.json (its features) and a file
of weights. Where these lie is settled in locate.py, what tensors are called in key_mapping.py,
weight files in weights.py, the authors' own files in original.py, downloads in hub.py; here they
come together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.checkpoint.hub import HubRepository, Progress
from ast_demo.checkpoint.locate import (
    CONFIG_FILE,
    INDEX_ENDING,
    PICKLE_FILE,
    PREPROCESSOR_FILE,
    SAFETENSORS_FILE,
    Folder,
    find_place,
    locate,
    read_json,
    read_preprocessor,
    save_config,
)
from ast_demo.checkpoint.original import original_settings
from ast_demo.checkpoint.weights import load_weights, read_all_weights, read_weights, write_weights

MOST_PARTS = 100  # of weights that lie in several files
_PART_NAME = re.compile(r"[\w-][\w.-]{0,200}", re.ASCII)  # its ending is that of the whole


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was found: its settings, and where its weights are."""

    name: str  # as asked for
    source: str  # "bundled", "folder", "file" or "hub"
    config: dict  # content of config.json
    stored_preprocessor: dict | None  # content of preprocessor_config.json, if there is one
    weights_file: Path
    revision: str | None = None  # commit on the Hub
    more_weights: tuple[Path, ...] = ()  # the other parts, where weights lie in several files

    @property
    def weights_files(self) -> tuple[Path, ...]:
        """Every file of weights; one for most checkpoints."""
        return (self.weights_file, *self.more_weights)

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
        return read_all_weights(self.weights_files)

    def load_into(
        self,
        model: nn.Module,
        dtype: torch.dtype | None = None,
        weights: dict[str, torch.Tensor] | None = None,
    ) -> None:
        """Assign the weights to a model, which may live on the meta device, strictly.

        Args:
            model: any AST.
            dtype: what to convert the weights to; None keeps the stored one.
            weights: what was loaded before and made to fit; used up. None reads the files.

        Raises:
            CheckpointError: naming the keys that do not fit.
        """
        load_weights(model, self.load_weights() if weights is None else weights, self.name, dtype)

    def sha256(self) -> str:
        """Return the SHA-256 digest of the weights file, or of all its parts, in hexadecimal."""
        digest = hashlib.sha256()
        for path in self.weights_files:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()


def find_checkpoint(
    name_or_path: str | Path,
    revision: str | None = None,
    progress: Progress | None = None,
    use_safetensors: bool | None = None,
    **hub_options: Any,
) -> Checkpoint:
    """Find a checkpoint by bundled name, folder, weights file or Hub id, in this order.

    Args:
        name_or_path: "everyday-sounds", "path/to/folder", "path/to/original.pth" or
            "MIT/ast-finetuned-audioset-10-10-0.4593".
        revision: branch, tag or commit; Hub repositories only.
        progress: told the bytes of the weights that have arrived and their bytes in all, while they
            download.
        use_safetensors: True takes no pickle, False nothing else; None prefers safetensors.
        **hub_options: token, cache_dir, local_files_only, force_download, as `HubRepository`.

    Raises:
        CheckpointError: if there is no such checkpoint, it lacks a file, its settings cannot be
            right, or the Hub is out of reach.
    """
    name = str(name_or_path)
    source, path = locate(name)
    if source == "file":
        return _from_file(name, path)
    place = find_place(name, source, path, revision, **hub_options)
    config, preprocessor = _read_settings(place)
    kinds = {SAFETENSORS_FILE: use_safetensors is not False, PICKLE_FILE: not use_safetensors}
    wanted = [file for file, taken in kinds.items() if taken]
    found = (_weights_files(place, file, progress) for file in wanted)
    weights = next((files for files in found if files), None)
    if weights is None:
        raise place.lacks(" and no ".join(wanted))
    first, *rest = weights
    return Checkpoint(name, source, config, preprocessor, first, place.commit, tuple(rest))


def save_checkpoint(
    folder: str | Path, config: Mapping, state_dict: Mapping[str, torch.Tensor]
) -> None:
    """Write config.json and model.safetensors in the naming every transformers version reads."""
    dtype = str(next(iter(state_dict.values())).dtype).removeprefix("torch.")
    # transformers 5 reads "dtype", those before it "torch_dtype".
    save_config(folder, {**config, "dtype": dtype, "torch_dtype": dtype})
    write_weights(Path(folder) / SAFETENSORS_FILE, state_dict)


def _weights_files(
    place: Folder | HubRepository, file: str, progress: Progress | None
) -> list[Path]:
    """Return a weights file, or its parts where an index lists them; nothing if there is none."""
    whole = place.fetch(file, progress)
    if whole is not None:
        return [whole]
    index = read_json(place, f"{file}{INDEX_ENDING}")
    if index is None:
        return []
    parts = index.get("weight_map")
    names = sorted({str(name) for name in parts.values()}) if isinstance(parts, dict) else []
    ending = Path(file).suffix  # who takes no pickle takes none as a part either
    fitting = [name for name in names if _PART_NAME.fullmatch(name) and name.endswith(ending)]
    if not names or len(names) > MOST_PARTS or fitting != names:
        raise CheckpointError(
            f"{file}{INDEX_ENDING} of {place.name} has no usable weight_map: expected the names "
            f"of 1 to {MOST_PARTS} {ending} files beside it."
        )
    found = place.fetch_all(names, progress)
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise CheckpointError(
            f"{place.name} lacks {len(missing)} of the {len(names)} parts of its weights "
            f"({', '.join(missing[:3])}): copy or download it again."
        )
    return [path for path in found.values() if path is not None]


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
    preprocessor = read_preprocessor(place)
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
