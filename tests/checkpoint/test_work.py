"""What a pass takes is counted from its shape alone, as torch counts it while it runs."""

from __future__ import annotations

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.work import attention_weights, multiplications, pass_bytes
from ast_demo.features.patches import PatchGrid
from ast_demo.model.transformer import ASTForAudioClassification
from tests.helpers.models import ours, spectrograms

SHAPES = [
    {},
    {"hidden_size": 24, "num_attention_heads": 3, "intermediate_size": 100, "time_stride": 3},
    {"num_hidden_layers": 5, "patch_size": 4, "num_mel_bins": 30, "qkv_bias": False},
]


@pytest.fixture(params=SHAPES, ids=["tiny", "wide", "deep"])
def model(request) -> ASTForAudioClassification:
    return ours(**request.param).requires_grad_(False)


def distinct_bytes(tensors: list[torch.Tensor]) -> int:
    """Add up what tensors hold, each storage once."""
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage() for tensor in tensors}
    return sum(storage.nbytes() for storage in storages.values())


def test_tokens_are_those_of_the_patch_grid(model):
    assert model.config.num_tokens == PatchGrid.from_config(model.config).num_tokens


def test_multiplications_are_half_of_what_torch_counts(model):
    model.set_attn_implementation("eager")  # torch knows no count for the fused kernel of CPUs
    batch = spectrograms(model.config, batch=1).requires_grad_()
    with FlopCounterMode(display=False) as counter:
        model.audio_spectrogram_transformer(batch)
    assert multiplications(model.config) == counter.get_total_flops() / 2


def test_attention_weights_are_those_of_the_maps(model):
    batch = spectrograms(model.config, batch=1)
    maps = model(batch, output_attentions=True).attentions
    assert attention_weights(model.config) == sum(each.numel() for each in maps)


def test_what_an_explanation_and_its_gradients_hold_is_not_more_than_counted_and_not_much_less(
    model,
):
    """The last layer computes two tokens alone where a pooled output is asked for: not here."""
    config = model.config
    encode = model.audio_spectrogram_transformer.encode
    with torch.no_grad():
        traces = encode(spectrograms(config, batch=1), keep_traces=True).traces
    kept = [tensor for trace in traces for tensor in (trace.queries, trace.keys)]
    saved = []
    with saved_tensors_hooks(lambda tensor: saved.append(tensor) or tensor, lambda kept: kept):
        encode(spectrograms(config, batch=1).requires_grad_())
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    saved = [each for each in saved if each.untyped_storage().data_ptr() not in weights]
    maps = 4 * config.num_hidden_layers * config.num_tokens**2  # which not every machine keeps
    held = distinct_bytes([*kept, *saved]) + maps
    assert 0.6 * pass_bytes(config) < held <= pass_bytes(config)


def test_patches_that_a_convolution_unfolds_are_counted():
    shape = {"hidden_size": 1, "num_attention_heads": 1, "num_hidden_layers": 1}
    giant = ASTConfig(
        **shape, intermediate_size=1, num_mel_bins=1024, patch_size=512, frequency_stride=64,
        time_stride=1,
    )  # fmt: skip
    assert pass_bytes(giant) > 4 * giant.num_patches * 512**2
