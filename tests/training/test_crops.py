"""Crops are encoded as the model encodes a whole window."""

import torch

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.crops import encode_crops
from tests.helpers.training_sounds import TINY


def test_a_crop_as_long_as_the_window_is_encoded_as_the_model_does():
    torch.manual_seed(0)
    model = ASTForAudioClassification(ASTConfig(**TINY), attn_implementation="eager").eval()
    encoder = model.audio_spectrogram_transformer
    sound = torch.randn(2, 64, 128)
    crops = encode_crops(encoder, sound)
    output = encoder(sound)
    assert torch.allclose(crops.pooled, output.pooler_output, atol=1e-6)
    assert torch.allclose(crops.patches, output.last_hidden_state[:, 2:], atol=1e-6)
    assert torch.allclose(encode_crops(encoder, sound, pooled_only=True).pooled, crops.pooled)
