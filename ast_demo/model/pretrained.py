"""What the models share beside their numbers: loading, saving, the way attention is computed."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from ast_demo.checkpoint.checkpoint import Checkpoint, find_checkpoint, save_checkpoint
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.weights import parse_dtype

ATTENTION_IMPLEMENTATIONS = ("sdpa", "eager")


class ASTPreTrainedModel(nn.Module):
    """What both models share: configuration, attention implementation, loading and saving."""

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
    ):
        """Load a model in evaluation mode, strictly: every weight must be there and fit.

        Args:
            name_or_path: a bundled name ("everyday-sounds"), a folder, a weights file or a Hub id.
            revision: branch, tag or commit of a Hub repository.
            dtype: "auto" keeps the stored one; a torch.dtype or its name converts; None is float32.
            attn_implementation: "sdpa" or "eager".

        Raises:
            CheckpointError: naming what is missing, unexpected, mis-shaped or unreachable.
            ValueError: for an unknown dtype or attn_implementation.
        """
        target = _target_dtype(dtype)  # before a download that an unknown name would waste
        checkpoint = find_checkpoint(name_or_path, revision=revision)
        return cls.from_checkpoint(checkpoint, target or "auto", attn_implementation)

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: Checkpoint,
        dtype: torch.dtype | str | None = None,
        attn_implementation: str = "sdpa",
    ):
        """Load a model from a checkpoint that was found; see `from_pretrained`."""
        target = _target_dtype(dtype)
        with torch.device("meta"):  # shapes only: the weights come from the file
            model = cls(ASTConfig.from_dict(checkpoint.config), attn_implementation)
        checkpoint.load_into(model, target)
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


def _target_dtype(dtype: torch.dtype | str | None) -> torch.dtype | None:
    """Return the dtype to convert weights to; None keeps the stored one."""
    return None if dtype == "auto" else parse_dtype(dtype or torch.float32)
