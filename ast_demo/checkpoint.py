"""Find, read and write checkpoints: bundled, in a folder, in one file, or on the Hugging Face Hub.

Everything that knows files, key namings and the Hub is here. Keys exist in three namings: the
original authors' (`module.v.blocks.0.attn.qkv.weight`), the one on disk in nearly every published
checkpoint (`...encoder.layer.0.attention.attention.query.weight`), and the one transformers 5.9+
and our modules use in memory (`...layers.0.attention.q_proj.weight`). We read all three and write
the second, which every version of transformers reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

CONFIG_FILE = "config.json"
PREPROCESSOR_FILE = "preprocessor_config.json"
SAFETENSORS_FILE = "model.safetensors"
PICKLE_FILE = "pytorch_model.bin"
BUNDLED_FOLDER = Path(__file__).resolve().parent.parent / "assets"
ENCODER_PREFIX = "audio_spectrogram_transformer."

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_NAMES_IN_MESSAGE = 5  # keys listed per kind before "and n more"

_DISK_TO_MEMORY = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"encoder\.layer\.", "layers."),
        (r"attention\.attention\.query\.", "attention.q_proj."),
        (r"attention\.attention\.key\.", "attention.k_proj."),
        (r"attention\.attention\.value\.", "attention.v_proj."),
        (r"attention\.output\.dense\.", "attention.o_proj."),
        (r"intermediate\.dense\.", "mlp.fc1."),
        (r"(layers\.\d+)\.output\.dense\.", r"\1.mlp.fc2."),  # after o_proj, which it contains
    )
)
_MEMORY_TO_DISK = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"attention\.q_proj\.", "attention.attention.query."),
        (r"attention\.k_proj\.", "attention.attention.key."),
        (r"attention\.v_proj\.", "attention.attention.value."),
        (r"attention\.o_proj\.", "attention.output.dense."),
        (r"mlp\.fc1\.", "intermediate.dense."),
        (r"mlp\.fc2\.", "output.dense."),
        (r"(^|\.)layers\.(\d+)\.", r"\1encoder.layer.\2."),
    )
)
_ORIGINAL_TO_MEMORY = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^v\.cls_token$", "embeddings.cls_token"),
        (r"^v\.dist_token$", "embeddings.distillation_token"),
        (r"^v\.pos_embed$", "embeddings.position_embeddings"),
        (r"^v\.patch_embed\.proj\.", "embeddings.patch_embeddings.projection."),
        (r"^v\.blocks\.(\d+)\.norm1\.", r"layers.\1.layernorm_before."),
        (r"^v\.blocks\.(\d+)\.norm2\.", r"layers.\1.layernorm_after."),
        (r"^v\.blocks\.(\d+)\.attn\.proj\.", r"layers.\1.attention.o_proj."),
        (r"^v\.blocks\.(\d+)\.mlp\.", r"layers.\1.mlp."),
        (r"^v\.norm\.", "layernorm."),
    )
)
_ORIGINAL_QKV = re.compile(r"^v\.blocks\.(\d+)\.attn\.qkv\.(weight|bias)$")
_ORIGINAL_UNUSED = re.compile(r"^v\.(head|head_dist)\.")  # DeiT's ImageNet heads
_ORIGINAL_HEAD = {"mlp_head.0.": "classifier.layernorm.", "mlp_head.1.": "classifier.dense."}

# Published original checkpoints by their count of patches: stride and frames of the window.
_ORIGINAL_GEOMETRY = {
    1212: (10, 1024),
    850: (12, 1024),
    657: (14, 1024),
    512: (16, 1024),
    144: (10, 128),
}
_ORIGINAL_HEAD_DIM = 64
_ORIGINAL_STATISTICS = {1024: (-4.2677393, 4.5689974), 128: (-6.845978, 5.5654526)}


class CheckpointError(ValueError):
    """A checkpoint cannot be found, read or fitted; the message names what and how to mend it."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was found: its settings, and where its weights are."""

    name: str  # as asked for
    source: str  # "bundled", "folder", "file" or "hub"
    config: dict  # content of config.json
    preprocessor: dict  # content of preprocessor_config.json
    weights_file: Path
    revision: str | None = None  # commit on the Hub

    def load_weights(self) -> dict[str, torch.Tensor]:
        """Read the weights under the names of our modules.

        Raises:
            CheckpointError: if the file is damaged or holds anything but tensors.
        """
        return rename_to_memory(_read_tensors(self.weights_file))

    def load_into(self, model: nn.Module) -> None:
        """Assign the weights to a model, which may live on the meta device, strictly.

        A bare encoder takes its part of a classifier's checkpoint.

        Raises:
            CheckpointError: naming missing, unexpected and mis-shaped keys.
        """
        weights = self.load_weights()
        expected = model.state_dict()
        if not any(key.startswith(ENCODER_PREFIX) for key in expected):
            weights = {
                key.removeprefix(ENCODER_PREFIX): tensor
                for key, tensor in weights.items()
                if not key.startswith("classifier.")
            }
        _check_keys(self.name, expected, weights)
        model.load_state_dict(weights, strict=True, assign=True)

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
    name_or_path: str | Path,
    revision: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Checkpoint:
    """Find a checkpoint by bundled name, folder, weights file or Hub id, in this order.

    Args:
        name_or_path: "everyday-sounds", "path/to/folder", "path/to/original.pth" or
            "MIT/ast-finetuned-audioset-10-10-0.4593".
        revision: branch, tag or commit; Hub repositories only.
        progress: told the bytes of a file that have arrived and its bytes in all, while it
            downloads.

    Raises:
        CheckpointError: if there is no such checkpoint, it lacks a file or the Hub is out of reach.
    """
    name = str(name_or_path)
    path = Path(name).expanduser()
    if name in bundled_names():
        return _from_folder(name, BUNDLED_FOLDER / name, "bundled")
    if path.is_dir():
        return _from_folder(name, path, "folder")
    if path.is_file():
        return _from_file(name, path)
    if _HUB_ID.fullmatch(name) and not name.startswith((".", "~")):
        return _from_hub(name, revision, progress)
    raise CheckpointError(
        f"there is no checkpoint {name!r}: give a bundled name ({', '.join(bundled_names())}), "
        "a folder with config.json, a weights file, or a Hub id such as "
        "MIT/ast-finetuned-audioset-10-10-0.4593."
    )


def save_checkpoint(
    folder: str | Path, config: Mapping, state_dict: Mapping[str, torch.Tensor]
) -> None:
    """Write config.json and model.safetensors in the naming every transformers version reads."""
    from safetensors.torch import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: tensor.detach().cpu().contiguous()
        for key, tensor in rename_to_disk(state_dict).items()
    }
    dtype = str(next(iter(tensors.values())).dtype).removeprefix("torch.")
    _write_json(folder / CONFIG_FILE, {**config, "dtype": dtype, "torch_dtype": dtype})
    partial = folder / f"{SAFETENSORS_FILE}.partial"  # a killed save must not leave half a file
    save_file(tensors, partial, metadata={"format": "pt"})
    os.replace(partial, folder / SAFETENSORS_FILE)


def save_preprocessor(folder: str | Path, values: Mapping) -> None:
    """Write preprocessor_config.json into a folder, which is made if needed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / PREPROCESSOR_FILE, values)


def parse_dtype(dtype: torch.dtype | str) -> torch.dtype:
    """Return the floating-point torch.dtype of a name such as "float16".

    Raises:
        ValueError: if the name means no floating-point dtype.
    """
    found = dtype if isinstance(dtype, torch.dtype) else getattr(torch, str(dtype), None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise ValueError(
            f"dtype is {dtype!r}, expected float32, float16, bfloat16 or float64 (or 'auto')."
        )
    return found


def rename_to_memory(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give tensors the names of our modules, from any of the three namings."""
    state_dict = {key.removeprefix("module."): tensor for key, tensor in state_dict.items()}
    if "v.cls_token" in state_dict:
        return _rename_original(state_dict)
    return {_substitute(key, _DISK_TO_MEMORY): tensor for key, tensor in state_dict.items()}


def rename_to_disk(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give tensors the names that published checkpoints carry on disk."""
    return {_substitute(key, _MEMORY_TO_DISK): tensor for key, tensor in state_dict.items()}


def _substitute(key: str, rules) -> str:
    for pattern, replacement in rules:
        key = pattern.sub(replacement, key)
    return key


def _rename_original(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename the authors' state dict; fused query-key-value rows are split in three."""
    renamed = {}
    for key, tensor in state_dict.items():
        if _ORIGINAL_UNUSED.match(key):
            continue
        if match := _ORIGINAL_QKV.match(key):
            layer, kind = match.groups()
            for part, rows in zip("qkv", tensor.chunk(3, dim=0)):
                renamed[f"{ENCODER_PREFIX}layers.{layer}.attention.{part}_proj.{kind}"] = rows
            continue
        head = next((old for old in _ORIGINAL_HEAD if key.startswith(old)), None)
        if head:
            renamed[key.replace(head, _ORIGINAL_HEAD[head], 1)] = tensor
        else:
            renamed[ENCODER_PREFIX + _substitute(key, _ORIGINAL_TO_MEMORY)] = tensor
    return renamed


def _check_keys(name: str, expected: Mapping, found: Mapping) -> None:
    """Refuse weights that do not fit, naming every kind of misfit."""
    shapes = [
        f"{key} {tuple(found[key].shape)} instead of {tuple(expected[key].shape)}"
        for key in expected
        if key in found and found[key].shape != expected[key].shape
    ]
    problems = [
        _summary("missing", [key for key in expected if key not in found]),
        _summary("unexpected", [key for key in found if key not in expected]),
        _summary("mis-shaped", shapes),
    ]
    if any(problems):
        raise CheckpointError(
            f"the weights of {name} do not fit its configuration: "
            f"{'; '.join(filter(None, problems))}."
        )


def _summary(kind: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = len(keys) - _NAMES_IN_MESSAGE
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(keys)} {kind} ({', '.join(keys[:_NAMES_IN_MESSAGE])}{rest})"


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Read a weights file without ever running code from it."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # the readers raise many kinds; all mean "not a usable file"
        reason = (
            str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        )
        raise CheckpointError(
            f"{path.name} cannot be read as weights ({reason}): download it again, or save it "
            "as safetensors."
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if (
        not isinstance(content, Mapping)
        or not content
        or not all(map(torch.is_tensor, content.values()))
    ):
        raise CheckpointError(f"{path.name} holds no dictionary of tensors, expected a state dict.")
    return dict(content)


def _from_folder(name: str, folder: Path, source: str) -> Checkpoint:
    weights = next(
        (folder / file for file in (SAFETENSORS_FILE, PICKLE_FILE) if (folder / file).is_file()),
        None,
    )
    if weights is None:
        raise CheckpointError(
            f"{name} has no {SAFETENSORS_FILE} and no {PICKLE_FILE}: add one of them."
        )
    config = _read_json(name, folder / CONFIG_FILE)
    preprocessor = _read_json(name, folder / PREPROCESSOR_FILE)
    return Checkpoint(name, source, config, _reconciled(name, config, preprocessor), weights)


def _from_file(name: str, path: Path) -> Checkpoint:
    """Use the settings beside a weights file, or recognize an original checkpoint by its shapes."""
    if (path.parent / CONFIG_FILE).is_file():
        config = _read_json(name, path.parent / CONFIG_FILE)
        preprocessor = _read_json(name, path.parent / PREPROCESSOR_FILE)
    else:
        config, preprocessor = _original_settings(name, rename_to_memory(_read_tensors(path)))
    return Checkpoint(name, "file", config, _reconciled(name, config, preprocessor), path)


def _original_settings(name: str, weights: Mapping[str, torch.Tensor]) -> tuple[dict, dict]:
    """Derive config and preprocessor of one of the authors' checkpoints from its shapes."""
    position = weights.get(f"{ENCODER_PREFIX}embeddings.position_embeddings")
    dense = weights.get("classifier.dense.weight")
    fc1 = weights.get(f"{ENCODER_PREFIX}layers.0.mlp.fc1.weight")
    patches = position.shape[1] - 2 if position is not None and position.ndim == 3 else None
    if patches not in _ORIGINAL_GEOMETRY or dense is None or fc1 is None:
        raise CheckpointError(
            f"{name} is not one of the authors' checkpoints (it has {patches} patches) and no "
            f"{CONFIG_FILE} lies beside it: put {CONFIG_FILE} and {PREPROCESSOR_FILE} there."
        )
    stride, max_length = _ORIGINAL_GEOMETRY[patches]
    mean, std = _ORIGINAL_STATISTICS[max_length]
    layers = {m.group(1) for key in weights if (m := re.search(r"layers\.(\d+)\.", key))}
    labels = {index: f"LABEL_{index}" for index in range(dense.shape[0])}
    config = {
        "hidden_size": position.shape[2],
        "num_hidden_layers": len(layers),
        "num_attention_heads": position.shape[2] // _ORIGINAL_HEAD_DIM,
        "intermediate_size": fc1.shape[0],
        "frequency_stride": stride,
        "time_stride": stride,
        "max_length": max_length,
        "id2label": labels,
        "problem_type": "multi_label_classification" if max_length == 1024 else None,
    }
    return config, {"max_length": max_length, "mean": mean, "std": std}


def _reconciled(name: str, config: Mapping, preprocessor: Mapping) -> dict:
    """Give max_length and num_mel_bins one owner, the model's config, and refuse disagreement."""
    merged = dict(preprocessor)
    for key, default in (("max_length", 1024), ("num_mel_bins", 128)):
        model_value = config.get(key, default)
        if merged.setdefault(key, model_value) != model_value:
            raise CheckpointError(
                f"{name} disagrees with itself: {key} is {model_value} in {CONFIG_FILE} but "
                f"{merged[key]} in {PREPROCESSOR_FILE}; make them equal."
            )
    return merged


def _from_hub(
    repo_id: str, revision: str | None, progress: Callable[[int, int], None] | None = None
) -> Checkpoint:
    """Download the files of a Hub repository, or take them from the cache."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    bar = _reporting_bar(progress) if progress else None

    def fetch(file: str) -> Path:
        return Path(hf_hub_download(repo_id, file, revision=revision, tqdm_class=bar))

    try:
        config_path = fetch(CONFIG_FILE)
        preprocessor_path = fetch(PREPROCESSOR_FILE)
        try:
            weights = fetch(SAFETENSORS_FILE)
        except LocalEntryNotFoundError:
            raise
        except EntryNotFoundError:
            weights = fetch(PICKLE_FILE)
    except LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"{repo_id} is not in the local cache and the Hugging Face Hub cannot be reached: "
            "connect to the network, or use a bundled checkpoint "
            f"({', '.join(bundled_names())})."
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError) as error:
        raise CheckpointError(
            f"the Hub has no readable AST checkpoint {repo_id!r}"
            f"{f' at revision {revision!r}' if revision else ''}: check the name, and that the "
            "repository is public and holds config.json, preprocessor_config.json and weights."
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise CheckpointError(
            f"downloading {repo_id} from the Hub failed ({type(error).__name__}): try again, what "
            "has arrived is kept."
        ) from error
    config = _read_json(repo_id, config_path)
    preprocessor = _reconciled(repo_id, config, _read_json(repo_id, preprocessor_path))
    commit = config_path.parent.name  # snapshots/<commit>/config.json
    return Checkpoint(repo_id, "hub", config, preprocessor, weights, revision=commit)


def _reporting_bar(progress: Callable[[int, int], None]) -> type:
    """Return a progress bar for the Hub's downloads that also tells a function of ours."""
    from huggingface_hub.utils import tqdm

    class ReportingBar(tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            # A bar that is not drawn counts nothing, so we do.
            self._arrived, self._expected = kwargs.get("initial") or 0, kwargs.get("total") or 0

        def update(self, n: float | None = 1) -> bool | None:
            self._arrived += n or 0
            progress(int(self._arrived), int(self._expected))
            return super().update(n)

    return ReportingBar


def _read_json(name: str, path: Path) -> dict:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{name} has no {path.name}: add it beside the weights.") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path.name} of {name} is no readable JSON ({error}).") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path.name} of {name} holds no JSON object.")
    return values


def _write_json(path: Path, values: Mapping) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(partial, path)
