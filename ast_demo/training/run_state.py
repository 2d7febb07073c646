"""The state of a run on disk: whole or not there, and only for the run it belongs to."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch

from ast_demo.atomic_files import replacing
from ast_demo.training.run_data import data_changes

STATE_FILE = "training_state.pt"
TRUNK_FILE = "trunk_state.pt"  # before the learning rate fell


def save_state(folder: Path, state: Mapping, name: str = STATE_FILE) -> None:
    """Write a state beside the last one, then put it in its place.

    Raises:
        ValueError: if it cannot be written; the last state is then still there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / name) as partial:
            torch.save(state, partial)
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"the state of the run could not be written to {folder} ({error}): free some space "
            "and start the same command again, it goes on from the last saved step."
        ) from error


def load_state(folder: Path, recipe: Mapping | None, name: str = STATE_FILE) -> dict | None:
    """Read the state of a run; None if there is none, any recipe's if `recipe` is None.

    Raises:
        ValueError: if it belongs to another recipe, or is none.
    """
    file = folder / name
    if not file.is_file():
        return None
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(
            f"{file} is no state of a run, or is damaged: remove it, or give another one."
        ) from error
    if recipe is not None and state["recipe"] != recipe:
        raise ValueError(
            f"{folder} holds a run with another recipe or other settings: give another --out, or "
            "remove the folder to start anew."
        )
    return state


def require_same_data(folder: Path, state: Mapping, data: Mapping) -> None:
    """Refuse to go on with other clips or another teacher; an early state names none of them.

    Args:
        folder: where the state lies.
        state: what `load_state` has read there.
        data: what the run would learn from now, see `describe_data`.

    Raises:
        ValueError: saying what has changed.
    """
    changes = data_changes(state["data"], data) if state.get("data") else ""
    if changes:
        states = [name for name in (STATE_FILE, TRUNK_FILE) if (folder / name).is_file()]
        raise ValueError(
            f"{folder} holds a run that learns from other data ({changes}): give another --out, or "
            f"delete {' and '.join(states)} in it to start anew."
        )
