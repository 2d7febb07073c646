"""Tiny models with the same weights in the reference and in ours, and the authors' naming."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch
import transformers

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.classifier import AudioClassifier
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification, ASTModel

# The shape of transformers' own ASTModelTester: 12 x 8 patches of 2 x 2.
TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 37,
    "patch_size": 2,
    "frequency_stride": 2,
    "time_stride": 2,
    "max_length": 24,
    "num_mel_bins": 16,
}
# The smallest shape that passes for one of the authors' own: heads of 64, 12 x 12 patches.
TINY_ORIGINAL = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 1,
    "intermediate_size": 48,
    "max_length": 128,
}
# A model that hears: the front end's own patches of 16 x 16, a window of 128 frames (1.3 s).
HEARING = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_length": 128,
    "initializer_range": 0.2,  # ten times the usual one, so that scores differ
    "problem_type": "multi_label_classification",
}


def randomize(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Fill every weight with noise, biases, norms and tokens too, so that none can hide."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator) * 0.2
            norm = "layernorm" in name and name.endswith("weight")
            parameter.copy_(noise + 1.0 if norm else noise)
    return model


def ours(seed: int = 0, **shape) -> ASTForAudioClassification:
    """Build our classifier with random weights, in evaluation mode."""
    return randomize(ASTForAudioClassification(ASTConfig(**{**TINY, **shape})), seed).eval()


def pair(attn_implementation: str = "eager", bare: bool = False, **shape):
    """Build our model and the reference's with the same weights, in evaluation mode."""
    shape = {**TINY, **shape}
    problem_type = shape.pop("problem_type", None)
    reference_config = transformers.ASTConfig(**shape)
    reference_config.problem_type = problem_type
    reference_config._attn_implementation = attn_implementation
    reference_class = transformers.ASTModel if bare else transformers.ASTForAudioClassification
    reference = randomize(reference_class(reference_config)).eval()
    our_class = ASTModel if bare else ASTForAudioClassification
    model = our_class(ASTConfig(**shape, problem_type=problem_type), attn_implementation).eval()
    model.load_state_dict(reference.state_dict())
    return model, reference


def hearing_classifier(
    labels: Sequence[str], seed: int = 0, std: float | None = None, **shape
) -> AudioClassifier:
    """Build a tiny classifier of waveforms with random weights.

    Args:
        labels: one name a class.
        seed: of the weights.
        std: deviation of every weight, biases and norms too; as the model initializes if None.
        shape: settings of its config other than those of HEARING.
    """
    torch.manual_seed(seed)
    config = ASTConfig(**{**HEARING, **shape}, id2label=dict(enumerate(labels)))
    model = ASTForAudioClassification(config)
    if std is not None:
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=std)
    extractor = ASTFeatureExtractor(max_length=config.max_length, num_mel_bins=config.num_mel_bins)
    return AudioClassifier(model, extractor)


def save_checkpoint(classifier: AudioClassifier, folder: Path) -> Path:
    """Write the model and the preprocessor of a classifier, and return their folder."""
    classifier.model.save_pretrained(folder)
    classifier.extractor.save_pretrained(folder)
    return folder


def save_ours(folder: Path, **statistics: float) -> Path:
    """Write the tiny model of `ours` with its preprocessor file, and return their folder.

    Args:
        folder: where to.
        statistics: mean and std, if not AudioSet's.
    """
    ours().save_pretrained(folder)
    ASTFeatureExtractor(max_length=24, num_mel_bins=16, **statistics).save_pretrained(folder)
    return folder


def spectrograms(config, batch: int = 2, seed: int = 1) -> torch.Tensor:
    """Draw a batch of inputs for a model."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, config.max_length, config.num_mel_bins, generator=generator)


def to_original(state_dict: dict, hidden_size: int) -> dict[str, torch.Tensor]:
    """Rename a classifier's weights to what the authors' training code saves.

    Written from the authors' repository, not from our renaming, so that the two check each other.
    """
    encoder = {k.removeprefix("audio_spectrogram_transformer."): v for k, v in state_dict.items()}
    original = {
        "v.cls_token": encoder["embeddings.cls_token"],
        "v.dist_token": encoder["embeddings.distillation_token"],
        "v.pos_embed": encoder["embeddings.position_embeddings"],
        # DeiT's heads, which the authors' model carries along and never calls.
        "v.head.weight": torch.zeros(1000, hidden_size),
        "v.head.bias": torch.zeros(1000),
        "v.head_dist.weight": torch.zeros(1000, hidden_size),
        "v.head_dist.bias": torch.zeros(1000),
    }
    layers = {int(m.group(1)) for k in encoder if (m := re.match(r"layers\.(\d+)\.", k))}
    for kind in ("weight", "bias"):
        original[f"v.patch_embed.proj.{kind}"] = encoder[
            f"embeddings.patch_embeddings.projection.{kind}"
        ]
        original[f"v.norm.{kind}"] = encoder[f"layernorm.{kind}"]
        original[f"mlp_head.0.{kind}"] = encoder[f"classifier.layernorm.{kind}"]
        original[f"mlp_head.1.{kind}"] = encoder[f"classifier.dense.{kind}"]
        for n in layers:
            layer, block = f"layers.{n}", f"v.blocks.{n}"
            original[f"{block}.norm1.{kind}"] = encoder[f"{layer}.layernorm_before.{kind}"]
            original[f"{block}.norm2.{kind}"] = encoder[f"{layer}.layernorm_after.{kind}"]
            original[f"{block}.attn.proj.{kind}"] = encoder[f"{layer}.attention.o_proj.{kind}"]
            original[f"{block}.mlp.fc1.{kind}"] = encoder[f"{layer}.mlp.fc1.{kind}"]
            original[f"{block}.mlp.fc2.{kind}"] = encoder[f"{layer}.mlp.fc2.{kind}"]
            original[f"{block}.attn.qkv.{kind}"] = torch.cat(
                [encoder[f"{layer}.attention.{part}_proj.{kind}"] for part in "qkv"]
            )
    return {f"module.{key}": tensor for key, tensor in original.items()}
