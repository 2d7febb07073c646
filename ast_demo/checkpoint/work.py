"""What one pass of a model of some shape takes: counted before it is downloaded or built.

Few weights can make much work: small patches make many tokens, and each attends to every other.
"""

from __future__ import annotations

from ast_demo.checkpoint.config import ASTConfig

FLOAT_BYTES = 4  # of float32; half precision takes half of it


def multiplications(config: ASTConfig) -> int:
    """Count the multiplications of one window's pass through every layer."""
    width, inner, tokens = config.hidden_size, config.intermediate_size, config.num_tokens
    embedding = config.num_patches * config.patch_size**2 * width
    projections = tokens * (4 * width * width + 2 * width * inner)
    attention = 2 * tokens * tokens * width  # scores, and the sum of the values by them
    return embedding + config.num_hidden_layers * (projections + attention)


def attention_weights(config: ASTConfig) -> int:
    """Count the weights in the attention maps of one window: an exponential each."""
    maps = config.num_hidden_layers * config.num_attention_heads
    return maps * config.num_tokens**2


def pass_bytes(config: ASTConfig) -> int:
    """Return about how many bytes an explanation holds, and its relevance for a label beside it.

    An explanation keeps queries, keys and the mean map of every layer. The gradients of a label
    need nearly every activation: ten as wide as a token, two as wide as the inner layer. A
    convolution may unfold its input, all patches side by side.
    """
    kept = 2 * config.hidden_size + config.num_tokens  # of a token in a layer
    for_gradients = 10 * config.hidden_size + 2 * config.intermediate_size
    layers = config.num_hidden_layers * config.num_tokens * (kept + for_gradients)
    return FLOAT_BYTES * (layers + config.num_patches * config.patch_size**2)
