"""What both models share: loading, saving and the choice of attention implementation."""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ast_demo.checkpoint.checkpoint import Checkpoint, find_checkpoint, save_checkpoint
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.hub import HUB_OPTIONS
from ast_demo.checkpoint.weights import parse_dtype, take_fresh
from ast_demo.values import quoted

ATTENTION_IMPLEMENTATIONS = ("sdpa", "eager")
_WITHOUT_EFFECT = {  # arguments of the reference, and the values that always hold here
    "low_cpu_mem_usage": (True, False, None),
    "trust_remote_code": (True, False, None),
    "weights_only": (True, None),
    "device_map": (None, "cpu"),
    "output_loading_info": (False, None),
    "subfolder": ("", None),
}


class ASTPreTrainedModel(nn.Module):
    """What both models share: configuration, attention implementation, loading and saving."""

    attn_implementation: str

    def __init__(self, config: ASTConfig, attn_implementation: str = "sdpa"):
        super().__init__()
        self.config = config
        self.set_attn_implementation(attn_implementation)

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | Path,
        revision: str | None = None,
        dtype: torch.dtype | str | None = None,
        attn_implementation: str = "sdpa",
        *,
        config: ASTConfig | Mapping | str | Path | None = None,
        ignore_mismatched_sizes: bool = False,
        torch_dtype: torch.dtype | str | None = None,
        use_safetensors: bool | None = None,
        **changes: Any,
    ):
        """Load a model in evaluation mode, strictly: every weight must be there and fit.

        Args:
            name_or_path: a bundled name ("everyday-sounds"), a folder, a weights file or a Hub id.
            revision: branch, tag or commit of a Hub repository.
            dtype: "auto" keeps the stored one; a torch.dtype or its name converts; None is float32.
            attn_implementation: "sdpa" or "eager".
            config: used instead of the checkpoint's config.json: an object, a dict or a path.
            ignore_mismatched_sizes: draw fresh weights where those of the file have another shape,
                and for a head that the file lacks, with a warning: for training on other labels.
            torch_dtype: the older name of dtype.
            use_safetensors: True takes no pickle, False nothing else; None prefers safetensors.
            **changes: parameters of the config to replace, such as num_labels, id2label and
                label2id, and token, cache_dir, local_files_only, force_download of the Hub.

        Raises:
            CheckpointError: naming what is missing, unexpected, mis-shaped or unreachable.
            ValueError: for an unknown argument, dtype or attn_implementation.
        """
        if torch_dtype is not None and dtype is not None and torch_dtype != dtype:
            raise ValueError(
                f"dtype is {dtype!r} and torch_dtype {torch_dtype!r}: give one of them."
            )
        target = _target_dtype(dtype if torch_dtype is None else torch_dtype)  # before a download
        _check_arguments(changes)
        options = {key: changes.pop(key) for key in HUB_OPTIONS if key in changes}
        checkpoint = find_checkpoint(
            name_or_path, revision=revision, use_safetensors=use_safetensors, **options
        )
        built = _read_config(config, checkpoint).changed(changes)
        return cls._load(checkpoint, built, target, attn_implementation, ignore_mismatched_sizes)

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: Checkpoint,
        dtype: torch.dtype | str | None = None,
        attn_implementation: str = "sdpa",
    ):
        """Load a model from a checkpoint that was found; see `from_pretrained`."""
        config = ASTConfig.from_dict(checkpoint.config)
        return cls._load(checkpoint, config, _target_dtype(dtype), attn_implementation)

    @classmethod
    def _load(
        cls,
        checkpoint: Checkpoint,
        config: ASTConfig,
        dtype: torch.dtype | None,
        attn_implementation: str,
        ignore_mismatched_sizes: bool = False,
    ):
        weights = None
        if ignore_mismatched_sizes:
            model, weights = cls(config, attn_implementation), checkpoint.load_weights()
            fresh = take_fresh(model, weights)
            if fresh:
                warnings.warn(
                    f"{len(fresh)} weights of {checkpoint.name} do not fit and were drawn anew "
                    f"({', '.join(fresh[:3])}): train the model before you believe it.",
                    stacklevel=3,
                )
        else:
            with torch.device("meta"):  # shapes only: the weights come from the file
                model = cls(config, attn_implementation)
        checkpoint.load_into(model, dtype, weights)
        return model.eval()

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors, readable by every version of transformers.

        Raises:
            ValueError: if the configuration holds a function that JSON cannot.
        """
        values = {"architectures": [type(self).__name__], **self.config.to_dict()}
        save_checkpoint(folder, values, self.state_dict())

    def set_attn_implementation(self, attn_implementation: str) -> None:
        """Choose "sdpa" (fused) or "eager" (plain matrix products) attention.

        Raises:
            ValueError: for any other name.
        """
        if attn_implementation not in ATTENTION_IMPLEMENTATIONS:
            raise ValueError(
                f"attn_implementation is {attn_implementation!r}, expected 'sdpa' or 'eager'."
            )
        for module in self.modules():
            if isinstance(module, ASTPreTrainedModel):
                module.attn_implementation = attn_implementation

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of the weights."""
        return next(self.parameters()).dtype

    def num_parameters(self) -> int:
        """Count the weights."""
        return sum(parameter.numel() for parameter in self.parameters())

    def _initialize(self) -> None:
        """Draw fresh weights as transformers does: normal; biases and tokens stay zero.

        Not on the meta device, where a draw makes torch import its compiler: 1 s and 64 MB.
        """
        if self.device.type == "meta":
            return
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                nn.init.normal_(module.weight, std=self.config.initializer_range)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def _check_arguments(changes: dict[str, Any]) -> None:
    """Refuse arguments that mean nothing here; drop those of the reference that change nothing."""
    for name, allowed in _WITHOUT_EFFECT.items():
        if name in changes and changes.pop(name) not in allowed:
            raise ValueError(
                f"{name} takes {' or '.join(map(repr, allowed))} here: weights are read without "
                "running code, into one place."
            )
    known = {*HUB_OPTIONS, *(field.name for field in dataclasses.fields(ASTConfig))}
    unknown = sorted(changes.keys() - known)
    if unknown:
        raise ValueError(
            f"from_pretrained takes no argument {unknown[0]!r}, expected name_or_path, revision, "
            "dtype, torch_dtype, attn_implementation, config, ignore_mismatched_sizes, "
            f"use_safetensors, {', '.join(HUB_OPTIONS)} or a parameter of ASTConfig."
        )


def _read_config(config, checkpoint: Checkpoint) -> ASTConfig:
    """Return the config that was asked for, in whichever form, or that of the checkpoint."""
    if config is None:
        return ASTConfig.from_dict(checkpoint.config)
    if isinstance(config, ASTConfig):
        return config
    if isinstance(config, (str, os.PathLike)):
        return ASTConfig.from_pretrained(os.fspath(config))
    if not isinstance(config, Mapping) and callable(getattr(config, "to_dict", None)):
        config = config.to_dict()  # transformers' own
    if isinstance(config, Mapping):
        return ASTConfig.from_dict(config)
    raise ValueError(
        f"config is {quoted(config)}, expected an ASTConfig, a dict, or the place of a config.json."
    )


def _target_dtype(dtype: torch.dtype | str | None) -> torch.dtype | None:
    """Return the dtype to convert weights to; None keeps the stored one."""
    return None if dtype == "auto" else parse_dtype(torch.float32 if dtype is None else dtype)
