"""Where a checkpoint's files lie, and its settings as plain JSON: torch is not needed for that."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ast_demo.atomic_files import write_json
from ast_demo.checkpoint.errors import CheckpointError, reason
from ast_demo.checkpoint.hub import HubRepository, Progress, is_hub_id
from ast_demo.values import quoted

CONFIG_FILE = "config.json"
PREPROCESSOR_FILE = "preprocessor_config.json"
PROCESSOR_FILE = "processor_config.json"  # where newer processors keep the extractor's settings
SAFETENSORS_FILE = "model.safetensors"
PICKLE_FILE = "pytorch_model.bin"
INDEX_ENDING = ".index.json"  # after the name of a weights file that lies there in several parts
DEFAULT_MODEL = "everyday-sounds"  # of the bundled ones
_INSTALLED = Path(__file__).resolve().parents[1] / "_assets"  # where a wheel puts them
_CHECKED_OUT = Path(__file__).resolve().parents[2] / "assets"
BUNDLED_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _CHECKED_OUT  # models and examples
MOST_JSON_BYTES = 16 * 2**20  # AudioSet's 527 labels take 30 kB; more than this is no config


_TRAINER_STEP = re.compile(r"checkpoint-(\d{1,12})")  # folders that transformers' Trainer writes
_NESTED_SETTINGS = ("feature_extractor", "audio_processor")  # in processor_config.json
_TYPE_KEYS = ("feature_extractor_type", "audio_processor_type", "image_processor_type")
_OWN_TYPES = ("ASTFeatureExtractor", "AudioSpectrogramTransformer")


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
            return "folder", _latest_of_trainer(path)
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


def _latest_of_trainer(folder: Path) -> Path:
    """Return the last step of a training run, for a folder that holds nothing but its steps."""
    if (folder / CONFIG_FILE).is_file():
        return folder
    steps = {
        int(match[1]): path
        for path in folder.iterdir()
        if (match := _TRAINER_STEP.fullmatch(path.name)) and (path / CONFIG_FILE).is_file()
    }
    return steps[max(steps)] if steps else folder


def find_place(
    name: str, source: str, path: Path, revision: str | None = None, **hub_options: Any
) -> Folder | HubRepository:
    """Return what holds a checkpoint's files: a repository of the Hub, or a folder.

    Args:
        name: what was asked for.
        source: what `locate` says it is.
        path: where `locate` says it is.
        revision: branch, tag or commit of a Hub repository.
        **hub_options: as `HubRepository` takes them.
    """
    if source == "hub":
        return HubRepository(name, revision, **hub_options)
    return Folder(name, path.parent if source == "file" else path)


class Folder:
    """A folder of the file system, asked for files in the same way as a `HubRepository`."""

    commit = None  # only the Hub keeps versions

    def __init__(self, name: str, folder: Path):
        self.name = name
        self._folders = [folder]
        if _TRAINER_STEP.fullmatch(folder.name):  # what a run shares may lie beside its steps
            self._folders.append(folder.parent)

    def fetch(self, file: str, progress: Progress | None = None) -> Path | None:
        """Return the path of a file; None if it is not there."""
        shared = file in (PREPROCESSOR_FILE, PROCESSOR_FILE)
        paths = [folder / file for folder in self._folders[: None if shared else 1]]
        return next((path for path in paths if path.is_file()), None)

    def fetch_all(
        self, files: Collection[str], progress: Progress | None = None
    ) -> dict[str, Path | None]:
        """Return the paths of several files, as `fetch` does that of one."""
        return {file: self.fetch(file, progress) for file in files}

    def lacks(self, file: str) -> CheckpointError:
        """Say that a file is missing."""
        return CheckpointError(f"{self.name} has no {file}: add it to the folder.")


def read_json(place: Folder | HubRepository, file: str) -> dict[str, Any] | None:
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


def read_preprocessor(
    place: Folder | HubRepository, file: str = PREPROCESSOR_FILE
) -> dict[str, Any] | None:
    """Read the settings of the feature extractor, wherever they are kept; None if nowhere.

    Raises:
        CheckpointError: if they are those of another kind of model, whose mean and std would not
            be there and the defaults would stand in.
    """
    values = read_json(place, file)
    if values is None:
        file = PROCESSOR_FILE
        processor = read_json(place, file) or {}
        values = next((processor[key] for key in _NESTED_SETTINGS if key in processor), None)
        if values is not None and not isinstance(values, dict):
            raise CheckpointError(
                f"{file} of {place.name} holds {quoted(values)} for the feature extractor, "
                "expected a JSON object."
            )
    for key in _TYPE_KEYS:
        kind = (values or {}).get(key)
        if kind is not None and not (isinstance(kind, str) and kind.startswith(_OWN_TYPES)):
            raise CheckpointError(
                f"{file} of {place.name} belongs to another kind of model: {key} is "
                f"{quoted(kind)}, expected 'ASTFeatureExtractor'. Put the file of the AST's own "
                "training there."
            )
    return values


def find_settings(
    name_or_path: str | Path, file: str, revision: str | None = None, **hub_options: Any
) -> dict[str, Any]:
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
    place = find_place(name, source, path, revision, **hub_options)
    read = read_preprocessor if file == PREPROCESSOR_FILE else read_json
    settings = read(place, file)
    if settings is None:
        raise place.lacks(file)
    return settings


def save_config(folder: str | Path, values: Mapping[str, Any]) -> None:
    """Write config.json into a folder, which is made if needed."""
    write_json(Path(folder) / CONFIG_FILE, values, indent=2)


def save_preprocessor(folder: str | Path, values: Mapping[str, Any]) -> None:
    """Write preprocessor_config.json into a folder, which is made if needed."""
    write_json(Path(folder) / PREPROCESSOR_FILE, values, indent=2)
