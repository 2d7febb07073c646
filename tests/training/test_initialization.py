"""Weights at the start: waves as positions, heads that look one patch aside."""

import torch

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.model.attention import attention_weights
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.initialization import rotation, start_like_a_convolution
from tests.helpers.training_sounds import TINY


def test_waves_turned_by_a_rotation_are_the_waves_of_the_neighbour():
    from ast_demo.training.initialization import position_waves

    waves = position_waves(3, 5).view(3, 5, -1)
    turned = waves[1, 1] @ rotation(2, 1).T
    assert torch.allclose(turned, waves[2, 3], atol=1e-5)


def test_heads_start_by_looking_one_patch_aside():
    config = ASTConfig(**{**TINY, "hidden_size": 256, "num_attention_heads": 4, "max_length": 128})
    model = ASTForAudioClassification(config)
    generator = torch.Generator().manual_seed(0)
    start_like_a_convolution(model, torch.randn(500, 256, generator=generator), generator)
    sound = 0.5 * torch.randn(1, 128, 128, generator=generator)
    encoding = model.audio_spectrogram_transformer.encode(sound, keep_traces=True)
    grid = PatchGrid.from_config(config)
    trace = encoding.traces[0]
    rows = attention_weights(trace.queries, trace.keys)[0, :, grid.token(5, 6)]
    looked_at = [grid.patch(SPECIAL_TOKENS + row[SPECIAL_TOKENS:].argmax().item()) for row in rows]
    assert looked_at == [(5, 5), (5, 7), (4, 6), (6, 6)]
