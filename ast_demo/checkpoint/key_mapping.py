"""The three namings of an AST's tensors, and the way from one to another.

The original authors write `module.v.blocks.0.attn.qkv.weight`; nearly every published checkpoint
carries `...encoder.layer.0.attention.attention.query.weight` on disk; transformers 5.9 and later
and our modules say `...layers.0.attention.q_proj.weight` in memory. We read all three and write the
second, which every version of transformers reads.

Source: transformers 5.23.0, conversion_mapping.py; its AST conversion script for the original.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch

ENCODER_PREFIX = "audio_spectrogram_transformer."  # the encoder inside a classifier
HEAD_PREFIX = "classifier."

Rules = tuple[tuple[str, str], ...]

_DISK_TO_MEMORY: Rules = (
    (r"encoder\.layer\.", "layers."),
    (r"attention\.attention\.query\.", "attention.q_proj."),
    (r"attention\.attention\.key\.", "attention.k_proj."),
    (r"attention\.attention\.value\.", "attention.v_proj."),
    (r"attention\.output\.dense\.", "attention.o_proj."),
    (r"intermediate\.dense\.", "mlp.fc1."),
    (r"(layers\.\d+)\.output\.dense\.", r"\1.mlp.fc2."),  # after o_proj, which ends alike
)
_MEMORY_TO_DISK: Rules = (
    (r"attention\.q_proj\.", "attention.attention.query."),
    (r"attention\.k_proj\.", "attention.attention.key."),
    (r"attention\.v_proj\.", "attention.attention.value."),
    (r"attention\.o_proj\.", "attention.output.dense."),
    (r"mlp\.fc1\.", "intermediate.dense."),
    (r"mlp\.fc2\.", "output.dense."),
    (r"(^|\.)layers\.(\d+)\.", r"\1encoder.layer.\2."),
)
_ORIGINAL_TO_MEMORY: Rules = (
    (r"^v\.cls_token$", f"{ENCODER_PREFIX}embeddings.cls_token"),
    (r"^v\.dist_token$", f"{ENCODER_PREFIX}embeddings.distillation_token"),
    (r"^v\.pos_embed$", f"{ENCODER_PREFIX}embeddings.position_embeddings"),
    (r"^v\.patch_embed\.proj\.", f"{ENCODER_PREFIX}embeddings.patch_embeddings.projection."),
    (r"^v\.blocks\.(\d+)\.norm1\.", rf"{ENCODER_PREFIX}layers.\1.layernorm_before."),
    (r"^v\.blocks\.(\d+)\.norm2\.", rf"{ENCODER_PREFIX}layers.\1.layernorm_after."),
    (r"^v\.blocks\.(\d+)\.attn\.proj\.", rf"{ENCODER_PREFIX}layers.\1.attention.o_proj."),
    (r"^v\.blocks\.(\d+)\.mlp\.", rf"{ENCODER_PREFIX}layers.\1.mlp."),
    (r"^v\.norm\.", f"{ENCODER_PREFIX}layernorm."),
    (r"^mlp_head\.0\.", f"{HEAD_PREFIX}layernorm."),
    (r"^mlp_head\.1\.", f"{HEAD_PREFIX}dense."),
)
_WRAPPERS = ("module.", "model.")
_ORIGINAL_QKV = re.compile(r"v\.blocks\.(\d+)\.attn\.qkv\.(weight|bias)")
_ORIGINAL_UNUSED = ("v.head.", "v.head_dist.")  # DeiT's ImageNet heads, which AST never calls


def rename_to_memory(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give tensors the names of our modules, from any of the three namings.

    Names that belong to no naming stay as they are, for the one who checks what is unexpected.

    Raises:
        ValueError: if two tensors claim the same name.
    """
    bare = {_unwrapped(key): tensor for key, tensor in state_dict.items()}
    if len(bare) < len(state_dict):
        raise ValueError("two tensors claim the same name, one of them inside a wrapper.")
    if "v.cls_token" not in bare:
        return _renamed(bare, _DISK_TO_MEMORY)
    used = {key: value for key, value in bare.items() if not key.startswith(_ORIGINAL_UNUSED)}
    return _renamed(_split_qkv(used), _ORIGINAL_TO_MEMORY)


def _unwrapped(key: str) -> str:
    """Drop what DataParallel ("module."), Lightning ("model.") and torch.compile put in names."""
    key = key.replace("_orig_mod.", "")
    while key.startswith(_WRAPPERS):
        key = key.partition(".")[2]
    return key


def rename_to_disk(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Give tensors the names that published checkpoints carry on disk."""
    return _renamed(state_dict, _MEMORY_TO_DISK)


def _renamed(state_dict: Mapping[str, torch.Tensor], rules: Rules) -> dict[str, torch.Tensor]:
    renamed = {}
    for key, tensor in state_dict.items():
        for pattern, replacement in rules:
            key = re.sub(pattern, replacement, key)
        if key in renamed:
            raise ValueError(f"two tensors claim the name {key}, expected each name once.")
        renamed[key] = tensor
    return renamed


def _split_qkv(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Split the rows of the authors' fused projections into queries, keys and values."""
    split = {}
    for key, tensor in state_dict.items():
        match = _ORIGINAL_QKV.fullmatch(key)
        if match is None or tensor.ndim == 0 or len(tensor) % 3:
            split[key] = tensor
            continue
        layer, kind = match.groups()
        for part, rows in zip("qkv", tensor.chunk(3)):
            split[f"{ENCODER_PREFIX}layers.{layer}.attention.{part}_proj.{kind}"] = rows
    return split
