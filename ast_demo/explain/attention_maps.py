"""Where the model looked: attention rows, rollout and relevance, from queries and keys alone.

Nothing here ever holds a (layers, heads, tokens, tokens) tensor. A row of attention is
softmax(q_i K^T); rollout and relevance carry one row vector from the last layer down to the first,
so that each layer costs one weighted sum of its rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from ast_demo.features.patches import SPECIAL_TOKENS, PatchGrid
from ast_demo.model.attention import AttentionTrace, attention_weights
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.values import refused

LOG2_E = math.log2(math.e)
SCORES_AT_ONCE = 1 << 17  # attention scores held at a time: 0.5 MB, which stays in a CPU's cache
SCORES_AT_ONCE_GPU = 1 << 26  # 268 MB: one kernel launch for a layer of three long sounds
SMALLEST_SHARE = 1e-37  # instead of 0, which has no logarithm
RolloutStep = Callable[[torch.Tensor, AttentionTrace], torch.Tensor]  # share, layer -> share @ A
GRADIENT_SCALE = 2.0**10  # exact in every float type, keeps float16 gradients from underflow


def attention_rows(trace: AttentionTrace, rows: Sequence[int]) -> torch.Tensor:
    """Return what some tokens attended to in one layer.

    Args:
        trace: the layer's queries and keys.
        rows: token numbers to look from.

    Returns:
        attention, float32 (batch, heads, rows, tokens); every row sums to 1.

    Raises:
        ValueError: if there is no such token.
    """
    tokens = trace.queries.shape[2]
    if beyond := [row for row in rows if not 0 <= row < tokens]:
        raise refused("token", beyond[0], f"0 to {tokens - 1}")
    # A list as an index would be copied to a GPU, which synchronizes.
    queries = torch.stack([trace.queries[:, :, row] for row in rows], dim=2)
    return attention_weights(queries.float(), trace.keys.float())


def pooled_attention(trace: AttentionTrace) -> torch.Tensor:
    """Return the mean of the CLS and distillation rows: float32 (batch, heads, tokens)."""
    return attention_rows(trace, range(SPECIAL_TOKENS)).mean(dim=2)


def rollout(
    traces: Sequence[AttentionTrace],
    tokens: Sequence[int] = range(SPECIAL_TOKENS),
    step: RolloutStep | None = None,
) -> torch.Tensor:
    """Trace an output back to the input tokens through every layer's attention.

    Each layer passes half of a token's share on by its residual connection and half by its
    attention, averaged over the heads: r <- r / 2 + r A / 2 from the last layer to the first. This
    is the row of attention rollout that belongs to the output, without the matrix products.

    Args:
        traces: one per layer, first layer first.
        tokens: the tokens whose mean output is traced; by default CLS and distillation, whose mean
            is the pooled output.
        step: how a layer's attention passes shares on; `rollout_step` if None.

    Returns:
        shares of each input token, float32 (batch, tokens), rows summing to 1.

    Raises:
        ValueError: if there is no such token.

    Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers".
    """
    step = step or rollout_step
    *lower, last = traces
    attended = attention_rows(last, tokens).mean((1, 2))
    share = torch.lerp(_start(last, tokens), attended, 0.5)
    for trace in reversed(lower):
        share = torch.lerp(share, step(share, trace), 0.5)
    return share


def rollout_step(share: torch.Tensor, trace: AttentionTrace) -> torch.Tensor:
    """Return share @ A for A the head mean of a layer's attention, without holding A.

    Where the forward pass kept A, it is used.
    """
    if trace.mean is not None:
        return torch.bmm(share.unsqueeze(1), trace.mean.float()).squeeze(1)
    carried = _zeros_per_head(trace)
    for pairs, _rows, shared in _shared_attention(share, trace):
        carried[pairs] += shared.sum(1)
    return _head_mean(carried, trace)


def rollout_step_triton(share: torch.Tensor, trace: AttentionTrace) -> torch.Tensor:
    """Return the same by one kernel, on a GPU for which Triton can compile it.

    Raises:
        ImportError: if Triton is not installed; its own errors if it cannot compile the kernel.
    """
    from ast_demo.explain.triton_ops import rollout_step_by_heads

    log_sums = _row_log_sums(trace) if trace.log_sums is None else trace.log_sums
    return rollout_step_by_heads(share, trace.queries, trace.keys, log_sums).mean(1)


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
        raise refused("label", label, f"0 to {model.config.num_labels - 1}")
    with torch.enable_grad():
        inputs = input_values.detach().to(model.dtype).requires_grad_()
        encoder = model.audio_spectrogram_transformer
        encoding = encoder.encode(inputs, pooled_only=True, keep_traces=True)
        logit = model.classifier(encoding.pooled)[:, label].sum()
        contexts = [trace.context for trace in encoding.traces]
        gradients = torch.autograd.grad(logit * GRADIENT_SCALE, contexts)
    with torch.no_grad():
        share = _start(encoding.traces[-1], range(SPECIAL_TOKENS))
        for trace, gradient in zip(reversed(encoding.traces), reversed(gradients)):
            trace = trace._replace(queries=trace.queries[:, :, : gradient.shape[2]])
            share = share + _relevance_step(share, trace, gradient.float() / GRADIENT_SCALE)
    return share


def special_share(tokens: torch.Tensor) -> torch.Tensor:
    """Return the part of a map that lies on CLS and distillation: (batch,), from 0 to 1."""
    return tokens[..., :SPECIAL_TOKENS].sum(-1) / tokens.sum(-1)


def patch_values(tokens: torch.Tensor) -> torch.Tensor:
    """Return the part of a map that lies on patches: (..., patches), in token order."""
    return tokens[..., SPECIAL_TOKENS:]


def on_grid(tokens: torch.Tensor, grid: PatchGrid) -> np.ndarray:
    """Arrange a map over tokens, (tokens,), as float32 (freq_patches, time_patches)."""
    shape = (grid.freq_patches, grid.time_patches)
    return patch_values(tokens).float().cpu().numpy().reshape(shape)


def _start(trace: AttentionTrace, tokens: Sequence[int]) -> torch.Tensor:
    start = torch.zeros(trace.keys.shape[0], trace.keys.shape[2], device=trace.keys.device)
    for token in tokens:  # a list as an index would be copied to a GPU, which synchronizes
        start[:, token].fill_(1.0 / len(tokens))
    return start


def _relevance_step(
    share: torch.Tensor, trace: AttentionTrace, gradient: torch.Tensor
) -> torch.Tensor:
    """Return share @ A for A the head mean of positive attention times gradient."""
    carried = _zeros_per_head(trace)
    gradient, values = gradient.flatten(0, 1), trace.values.float().flatten(0, 1).transpose(1, 2)
    for pairs, rows, shared in _shared_attention(share, trace):
        shared *= torch.bmm(gradient[pairs, rows], values[pairs]).clamp_(min=0.0)
        carried[pairs] += shared.sum(1)
    return _head_mean(carried, trace)


def _shared_attention(
    share: torch.Tensor, trace: AttentionTrace
) -> Iterator[tuple[slice, slice, torch.Tensor]]:
    """Yield share_i A_ij chunk by chunk: pairs of sound and head, rows, (pairs, rows, tokens).

    It is 2^(s_ij + b_i), with s the scores in powers of two (exp2 is twice as fast as exp) and b_i
    the logarithm of row i's share less that of its sum. `baddbmm` adds b within the matrix product.
    """
    queries, keys = _flat_queries_and_keys(trace)
    log_sums = _row_log_sums(trace) if trace.log_sums is None else trace.log_sums.float()
    log_share = share[:, : queries.shape[1]].clamp(min=SMALLEST_SHARE).log2().unsqueeze(1)
    offset = (log_share - log_sums * LOG2_E).flatten(0, 1).unsqueeze(-1)
    for pairs, rows in _chunks(queries, keys):
        scores = torch.baddbmm(offset[pairs, rows], queries[pairs, rows], keys[pairs])
        yield pairs, rows, scores.exp2_()


def _row_log_sums(trace: AttentionTrace) -> torch.Tensor:
    """Return the log-sum-exp of each row's scores: float32 (batch, heads, rows)."""
    queries, keys = _flat_queries_and_keys(trace)
    sums = torch.empty(queries.shape[:2], device=queries.device)
    for pairs, rows in _chunks(queries, keys):
        scores = torch.bmm(queries[pairs, rows], keys[pairs])
        sums[pairs, rows] = torch.logsumexp(scores / LOG2_E, dim=-1)
    return sums.view(trace.queries.shape[:3])


def _flat_queries_and_keys(trace: AttentionTrace) -> tuple[torch.Tensor, torch.Tensor]:
    """Return float32 factors of the scores in powers of two, sounds and heads in one dimension.

    Queries are (pairs, rows, head_dim), keys (pairs, head_dim, tokens).
    """
    scale = LOG2_E * trace.queries.shape[-1] ** -0.5
    queries = (trace.queries.float() * scale).flatten(0, 1).contiguous()
    keys = trace.keys.float().flatten(0, 1).contiguous()
    return queries, keys.transpose(1, 2)


def _chunks(queries: torch.Tensor, keys: torch.Tensor) -> Iterator[tuple[slice, slice]]:
    """Yield the pairs and rows of each chunk of scores in turn."""
    pairs, count, _ = queries.shape
    tokens = keys.shape[2]
    at_once = SCORES_AT_ONCE if queries.is_cpu else SCORES_AT_ONCE_GPU
    rows_at_once = min(count, max(1, at_once // tokens))
    pairs_at_once = max(1, at_once // (rows_at_once * tokens))
    for pair in range(0, pairs, pairs_at_once):
        for row in range(0, count, rows_at_once):
            yield slice(pair, pair + pairs_at_once), slice(row, row + rows_at_once)


def _zeros_per_head(trace: AttentionTrace) -> torch.Tensor:
    batch, heads, tokens, _ = trace.keys.shape
    return torch.zeros(batch * heads, tokens, device=trace.keys.device)


def _head_mean(carried: torch.Tensor, trace: AttentionTrace) -> torch.Tensor:
    batch, heads, tokens, _ = trace.keys.shape
    return carried.view(batch, heads, tokens).mean(1)
