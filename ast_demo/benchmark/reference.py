"""What transformers does for the same answers; the only file of the package that imports it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch


def require_transformers() -> None:
    """Stop with a sentence where transformers is missing.

    Raises:
        ValueError: if it is not installed.
    """
    if importlib.util.find_spec("transformers") is None:
        raise ValueError(
            "the benchmark compares with transformers, which is not installed: run "
            "pip install -r requirements-dev.txt first."
        )


def load_reference(folder: Path, attn_implementation: str, dtype: torch.dtype = torch.float32):
    """Load transformers' model, in evaluation mode."""
    import transformers

    transformers.utils.logging.disable_progress_bar()
    model = transformers.ASTForAudioClassification.from_pretrained(
        folder, attn_implementation=attn_implementation, dtype=dtype
    )
    return model.eval()


def explain_reference(model, input_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logits and rollout as one gets them from transformers: all matrices, multiplied.

    Args:
        model: transformers' classifier with eager attention.
        input_values: normalized log-mel, (1, max_length, num_mel_bins).
    """
    output = model(input_values, output_attentions=True)
    identity = torch.eye(output.attentions[0].shape[-1], device=input_values.device)
    product = identity
    for attention in output.attentions:
        product = (attention.mean(1)[0].float() + identity) / 2 @ product
    return output.logits, product[:2].mean(0)
