"""Where the model looked: attention rows, rollout and relevance, from queries and keys alone.

Nothing here ever holds a (layers, heads, tokens, tokens) tensor. A row of attention is
softmax(q_i K^T); rollout and relevance carry one row vector from the last layer down to the first,
so that each layer costs one weighted sum of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from ast_demo.model import ASTForAudioClassification, AttentionTrace, attention_weights
from ast_demo.patches import SPECIAL_TOKENS

QUERIES_AT_ONCE = 256  # rows of attention held at a time, per head: 1.2 MB at 1214 tokens
GRADIENT_SCALE = 2.0**10  # exact in every float type, keeps float16 gradients from underflow


def attention_rows(trace: AttentionTrace, rows: Sequence[int]) -> torch.Tensor:
    """Return what some tokens attended to in one layer.

    Args:
        trace: the layer's queries and keys.
        rows: token numbers to look from.

    Returns:
        attention, float32 (batch, heads, rows, tokens); every row sums to 1.

    Raises:
        ValueError: if the trace holds no query for a row.
    """
    kept = trace.queries.shape[2]
    if beyond := [row for row in rows if not 0 <= row < kept]:
        raise ValueError(
            f"token {beyond[0]} has no query here, expected 0 to {kept - 1}: run the encoder with "
            "pooled_only=False to look from every token."
        )
    return attention_weights(trace.queries[:, :, list(rows)].float(), trace.keys.float())


def pooled_attention(trace: AttentionTrace) -> torch.Tensor:
    """Return the mean of the CLS and distillation rows: float32 (batch, heads, tokens)."""
    return attention_rows(trace, range(SPECIAL_TOKENS)).mean(dim=2)


def pooled_start(trace: AttentionTrace) -> torch.Tensor:
    """Return the shares of the pooled output: half CLS, half distillation, (batch, tokens)."""
    return _start(trace, range(SPECIAL_TOKENS))


def token_start(trace: AttentionTrace, token: int) -> torch.Tensor:
    """Return the shares of one token's output: all its own, (batch, tokens)."""
    return _start(trace, [token])


def rollout(traces: Sequence[AttentionTrace], start: torch.Tensor | None = None) -> torch.Tensor:
    """Trace an output back to the input tokens through every layer's attention.

    Each layer passes half of a token's share on by its residual connection and half by its
    attention, averaged over the heads: r <- r / 2 + r A / 2 from the last layer to the first. This
    is the row of attention rollout that belongs to the output, without the matrix products.

    Args:
        traces: one per layer, first layer first.
        start: shares of the output, float (batch, tokens), rows summing to 1; the pooled output
            if None.

    Returns:
        shares of each input token, float32 (batch, tokens), rows summing to 1.

    Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers".
    """
    share = pooled_start(traces[-1]) if start is None else start.float()
    for trace in reversed(traces):
        share = (share + _carry(share, trace)) / 2
    return share


def relevance(
    model: ASTForAudioClassification, input_values: torch.Tensor, label: int
) -> torch.Tensor:
    """Trace one label's logit back to the input tokens, weighting attention by its gradient.

    Per layer the attention of each head is multiplied by the gradient of the logit with respect to
    it, negative products are dropped, the heads averaged (A), and r <- r + r A from the last layer
    to the first. The gradient of attention (i, j) is g_i . v_j, with g the gradient at the
    attention output, so that no attention matrix needs to be kept for autograd.

    Args:
        model: a classifier; its weights receive no gradients.
        input_values: normalized log-mel, (batch, max_length, num_mel_bins).
        label: output index of the label.

    Returns:
        relevance of each token, float32 (batch, tokens); starts from the pooled output, so the two
        special tokens hold at least a half each.

    Raises:
        ValueError: if there is no such label.

    Source: Chefer, Gur and Wolf 2021, "Generic Attention-model Explainability", equations 5 and 6.
    """
    if not 0 <= label < model.config.num_labels:
        raise ValueError(f"label is {label}, expected 0 to {model.config.num_labels - 1}.")
    with torch.enable_grad():
        inputs = input_values.detach().to(model.dtype).requires_grad_()
        encoder = model.audio_spectrogram_transformer
        encoding = encoder.encode(inputs, pooled_only=True, keep_traces=True)
        logit = model.classifier(encoding.pooled)[:, label].sum()
        contexts = [trace.context for trace in encoding.traces]
        gradients = torch.autograd.grad(logit * GRADIENT_SCALE, contexts)
    with torch.no_grad():
        share = pooled_start(encoding.traces[-1])
        for trace, gradient in zip(reversed(encoding.traces), reversed(gradients)):
            share = share + _carry_relevance(share, trace, gradient.float() / GRADIENT_SCALE)
    return share


def special_share(tokens: torch.Tensor) -> torch.Tensor:
    """Return the part of a map that lies on CLS and distillation: (batch,), from 0 to 1."""
    return tokens[..., :SPECIAL_TOKENS].sum(-1) / tokens.sum(-1)


def patch_values(tokens: torch.Tensor) -> torch.Tensor:
    """Return the part of a map that lies on patches: (..., patches), in token order."""
    return tokens[..., SPECIAL_TOKENS:]


def _start(trace: AttentionTrace, tokens: Sequence[int]) -> torch.Tensor:
    start = torch.zeros(trace.keys.shape[0], trace.keys.shape[2], device=trace.keys.device)
    start[:, list(tokens)] = 1.0 / len(tokens)
    return start


def _carry(share: torch.Tensor, trace: AttentionTrace) -> torch.Tensor:
    """Return share @ A for A the head mean of a layer's attention, without holding A."""
    carried = torch.zeros_like(share)
    for _head, rows, scores in _exponentials(trace):
        weight = share[:, rows] / scores.sum(-1)  # cheaper than dividing every score
        carried += torch.bmm(weight.unsqueeze(1), scores).squeeze(1)
    return carried / trace.queries.shape[1]


def _carry_relevance(
    share: torch.Tensor, trace: AttentionTrace, gradient: torch.Tensor
) -> torch.Tensor:
    """Return share @ A for A the head mean of positive attention times gradient."""
    carried = torch.zeros_like(share)
    for head, rows, scores in _exponentials(trace):
        weight = share[:, rows] / scores.sum(-1)
        values = trace.values[:, head].float()
        scores *= torch.bmm(gradient[:, head, rows], values.transpose(1, 2)).clamp_(min=0.0)
        carried += torch.bmm(weight.unsqueeze(1), scores).squeeze(1)
    return carried / trace.queries.shape[1]


def _exponentials(trace: AttentionTrace) -> Iterator[tuple[int, slice, torch.Tensor]]:
    """Yield head, rows and exp(scores - row maximum), (batch, rows, tokens), chunk by chunk."""
    _, heads, count, head_dim = trace.queries.shape
    for head in range(heads):
        keys = trace.keys[:, head].float().transpose(1, 2)
        for first in range(0, count, QUERIES_AT_ONCE):
            rows = slice(first, min(first + QUERIES_AT_ONCE, count))
            queries = trace.queries[:, head, rows].float() * head_dim**-0.5
            scores = torch.bmm(queries, keys)
            yield head, rows, scores.sub_(scores.amax(-1, keepdim=True)).exp_()
