"""Read weight files without running code from them, fit them to a model strictly, write them."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from ast_demo.atomic_files import replacing
from ast_demo.checkpoint.errors import CheckpointError, reason
from ast_demo.checkpoint.key_mapping import (
    ENCODER_PREFIX,
    HEAD_PREFIX,
    rename_to_disk,
    rename_to_memory,
)
from ast_demo.values import refused

DTYPES = {
    name: getattr(torch, name) for name in ("float32", "float16", "bfloat16", "float64")
}  # those that a model computes in
_NAMES_IN_MESSAGE = 5  # keys listed per kind before "and n more"
SMALLEST_MAPPED = 1 << 16  # bytes of a tensor that is left in its file, mapped into memory


def parse_dtype(dtype: torch.dtype | str, also: tuple[str, ...] = ()) -> torch.dtype:
    """Return the torch.dtype of a name such as "float16".

    Args:
        dtype: the name, or the torch.dtype itself.
        also: what the caller takes beside these, for the message.

    Raises:
        ValueError: if it is none that a model computes in.
    """
    found = DTYPES.get(str(dtype).removeprefix("torch."))
    if found is None:
        expected = ", ".join([*DTYPES, *also])
        raise refused("dtype", dtype, f"{expected} or 'auto'")
    return found


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Read a weights file, under the names of our modules.

    Raises:
        CheckpointError: if it is damaged or holds anything but tensors.
    """
    tensors = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    try:
        return rename_to_memory(tensors)
    except ValueError as error:
        raise CheckpointError(f"{path.name} contradicts itself: {error}") from error


def read_all_weights(paths: Sequence[Path]) -> dict[str, torch.Tensor]:
    """Read weights that lie in one file or in several parts.

    Raises:
        CheckpointError: as `read_weights`, or if two parts hold the same tensor.
    """
    weights: dict[str, torch.Tensor] = {}
    for path in paths:
        part = read_weights(path)
        twice = sorted(weights.keys() & part.keys())
        if twice:
            raise CheckpointError(f"{path.name} holds {twice[0]}, which another part holds too.")
        weights |= part
    return weights


def load_weights(
    model: nn.Module,
    weights: dict[str, torch.Tensor],
    name: str,
    dtype: torch.dtype | None = None,
) -> None:
    """Assign weights to a model, which may live on the meta device, strictly.

    A bare encoder takes its part of a classifier's checkpoint.

    Args:
        model: any AST.
        weights: tensors under the names of our modules; used up, so that memory never holds them
            all beside what they are converted to.
        name: what to call the checkpoint in messages.
        dtype: what to convert them to; None keeps the stored one.

    Raises:
        CheckpointError: naming the keys that are missing, unexpected, mis-shaped, not floating
            point or not finite.
    """
    expected = model.state_dict()
    if not any(key.startswith(ENCODER_PREFIX) for key in expected):
        weights = {
            key.removeprefix(ENCODER_PREFIX): tensor
            for key, tensor in weights.items()
            if not key.startswith(HEAD_PREFIX)
        }
    _check_fit(name, expected, weights)
    converted = {}
    for key in expected:
        tensor = weights.pop(key)
        _check_finite(name, key, tensor)  # after all shapes: nothing oversized is looked through
        converted[key] = tensor.to(dtype or tensor.dtype)
    model.load_state_dict(converted, strict=True, assign=True)


def take_fresh(model: nn.Module, weights: dict[str, torch.Tensor]) -> list[str]:
    """Put a model's own tensors where weights have another shape, or where they lack a head.

    Args:
        model: with freshly initialized weights, not on the meta device.
        weights: tensors under the names of our modules; changed in place.

    Returns:
        the names of the tensors that were put there.
    """
    own = model.state_dict()
    headed = any(key.startswith(ENCODER_PREFIX) for key in own)
    if headed and not any(key.startswith(ENCODER_PREFIX) for key in weights):
        for key in list(weights):  # those of a bare encoder
            weights[ENCODER_PREFIX + key] = weights.pop(key)
    absent = [key for key in own if key not in weights and key.startswith(HEAD_PREFIX)]
    both = own.keys() & weights.keys()
    fresh = absent + [key for key in own if key in both and weights[key].shape != own[key].shape]
    weights.update({key: own[key].clone() for key in fresh})
    return fresh


def write_weights(path: Path, state_dict: Mapping[str, torch.Tensor]) -> None:
    """Write a safetensors file in the naming every version of transformers reads.

    Raises:
        CheckpointError: if it cannot be written; a file that was there before still is.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {
        key: tensor.detach().cpu().contiguous()
        for key, tensor in rename_to_disk(state_dict).items()
    }
    try:
        with replacing(path) as partial:
            save_file(tensors, partial, metadata={"format": "pt"})
            partial.chmod(0o644)  # safetensors writes for its owner; a server may be another user
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path.name} could not be written to {path.parent} ({reason(error)}): free some "
            "space, or choose another folder."
        ) from error


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Map a file into memory, each tensor by itself, so that each can be let go of by itself.

    Small ones are copied: a mapping takes at least 64 kB, and most tensors are biases of 3 kB.
    """
    from safetensors import SafetensorError, safe_open

    def mapped(key: str) -> torch.Tensor:
        with safe_open(path, framework="pt") as file:
            tensor = file.get_tensor(key)
            return tensor if tensor.nbytes > SMALLEST_MAPPED else tensor.clone()

    try:
        with safe_open(path, framework="pt") as file:
            keys = list(file.keys())
        return {key: mapped(key) for key in keys}
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path.name} cannot be read as safetensors ({reason(error)}): copy or download it "
            "again."
        ) from error


def _read_pickle(path: Path) -> dict[str, torch.Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path.name} is refused because it holds more than tensors, or none: a pickle can run "
            "any code, so save the state dict alone, best as safetensors."
        ) from error
    except Exception as error:  # damage shows as many kinds; none leaves a usable file
        raise CheckpointError(
            f"{path.name} cannot be read as weights ({reason(error)}): copy or download it again."
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    named = isinstance(content, Mapping) and all(
        isinstance(key, str) and torch.is_tensor(value) for key, value in content.items()
    )
    if not named or not content:
        raise CheckpointError(
            f"{path.name} holds a {type(content).__name__} that is no state dict, expected tensors "
            "by name: save model.state_dict()."
        )
    return dict(content)


def _check_fit(name: str, expected: Mapping, found: Mapping) -> None:
    """Refuse weights that do not fit, naming every kind of misfit."""
    both = [key for key in expected if key in found]
    misfits = {
        "missing": [key for key in expected if key not in found],
        "unexpected": [key for key in found if key not in expected],
        "mis-shaped": [
            f"{key} {tuple(found[key].shape)} instead of {tuple(expected[key].shape)}"
            for key in both
            if found[key].shape != expected[key].shape
        ],
        "not floating point": [
            f"{key} {found[key].dtype}" for key in both if found[key].dtype not in DTYPES.values()
        ],
    }
    if any(misfits.values()):
        listed = "; ".join(_listed(kind, keys) for kind, keys in misfits.items() if keys)
        raise CheckpointError(f"the weights of {name} do not fit its config.json: {listed}.")


def _listed(kind: str, keys: list[str]) -> str:
    more = len(keys) - _NAMES_IN_MESSAGE
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(keys)} {kind} ({', '.join(keys[:_NAMES_IN_MESSAGE])}{rest})"


def _check_finite(name: str, key: str, tensor: torch.Tensor) -> None:
    if tensor.numel() and not all(map(math.isfinite, tensor.aminmax())):  # NaN is either's
        raise CheckpointError(
            f"the weights of {name} hold NaN or infinity in {key}, expected finite numbers: "
            "the training diverged or the file is damaged."
        )
