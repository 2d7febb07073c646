"""Where a checkpoint's files lie, and its settings as plain JSON: torch is not needed for that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ast_demo.atomic_files import write_json
from ast_demo.checkpoint.errors import CheckpointError, reason
from ast_demo.checkpoint.hub import HubRepository, Progress, is_hub_id

CONFIG_FILE = "config.json"
PREPROCESSOR_FILE = "preprocessor_config.json"
SAFETENSORS_FILE = "model.safetensors"
PICKLE_FILE = "pytorch_model.bin"
_INSTALLED = Path(__file__).resolve().parents[1] / "_assets"  # where a wheel puts them
_CHECKED_OUT = Path(__file__).resolve().parents[2] / "assets"
BUNDLED_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _CHECKED_OUT  # models and examples
MOST_JSON_BYTES = 16 * 2**20  # AudioSet's 527 labels take 30 kB; more than this is no config


def bundled_names() -> list[str]:
    """List the checkpoints that ship with the package."""
    return sorted(path.parent.name for path in BUNDLED_FOLDER.glob(f"*/{CONFIG_FILE}"))


def locate(name: str) -> tuple[str, Path]:
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


def find_place(
    name: str, source: str, path: Path, revision: str | None = None
) -> Folder | HubRepository:
    """Return what holds a checkpoint's files: a repository of the Hub, or a folder."""
    if source == "hub":
        return HubRepository(name, revision)
    return Folder(name, path.parent if source == "file" else path)


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


def read_json(place: Folder | HubRepository, file: str) -> dict | None:
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


def find_settings(name_or_path: str | Path, file: str, revision: str | None = None) -> dict:
    """Read config.json or preprocessor_config.json of a checkpoint, without touching its weights.

    Raises:
        CheckpointError: if there is no such checkpoint or it lacks the file.
    """
    name = str(name_or_path)
    source, path = locate(name)
    if source == "file" and not Folder(name, path.parent).fetch(CONFIG_FILE):
        from ast_demo.checkpoint.original import original_settings  # torch: only if need be
        from ast_demo.checkpoint.weights import read_weights

        config, preprocessor = original_settings(name, read_weights(path))
        return config if file == CONFIG_FILE else preprocessor
    place = find_place(name, source, path, revision)
    settings = read_json(place, file)
    if settings is None:
        raise place.lacks(file)
    return settings


def save_config(folder: str | Path, values: Mapping) -> None:
    """Write config.json into a folder, which is made if needed."""
    write_json(Path(folder) / CONFIG_FILE, values, indent=2)


def save_preprocessor(folder: str | Path, values: Mapping) -> None:
    """Write preprocessor_config.json into a folder, which is made if needed."""
    write_json(Path(folder) / PREPROCESSOR_FILE, values, indent=2)
