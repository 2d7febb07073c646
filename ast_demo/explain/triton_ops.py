"""The step of attention rollout as one Triton kernel, for GPUs.

Importing this imports Triton, which ships with torch on Linux. The first call on a machine compiles
the kernel (about a second, cached on disk) and needs a C compiler; callers fall back to
attention_maps.py.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

BLOCK_TOKENS = 64  # keys a program holds; 19 x 12 programs for a sound of 1214 tokens and 12 heads
BLOCK_ROWS = 64  # queries it reads in one iteration


def rollout_step_by_heads(
    share: torch.Tensor, queries: torch.Tensor, keys: torch.Tensor, log_sums: torch.Tensor
) -> torch.Tensor:
    """Return share @ A for each head's attention A, holding no more of A than a block.

    Args:
        share: float32 (batch, tokens).
        queries: (batch, heads, tokens, head_dim), any strides.
        keys: (batch, heads, tokens, head_dim), any strides.
        log_sums: ln sum exp of each row's scores, float32 (batch, heads, tokens).

    Returns:
        float32 (batch, heads, tokens); the order of additions is fixed, so the result is
        deterministic.
    """
    batch, heads, tokens, head_dim = queries.shape
    carried = share.new_empty(batch, heads, tokens)
    grid = (triton.cdiv(tokens, BLOCK_TOKENS), batch * heads)
    _rollout_blocks[grid](
        share.contiguous(),
        queries,
        keys,
        log_sums.contiguous(),
        carried,
        heads,
        head_dim**-0.5,
        *queries.stride(),
        *keys.stride(),
        tokens=tokens,
        head_dim=head_dim,
        block_dim=max(16, triton.next_power_of_2(head_dim)),
        block_rows=BLOCK_ROWS,
        block_tokens=BLOCK_TOKENS,
    )
    return carried


@triton.jit
def _rollout_blocks(
    share,
    queries,
    keys,
    log_sums,
    carried,
    heads,
    scale,
    query_batch,
    query_head,
    query_row,
    query_dim,
    key_batch,
    key_head,
    key_token,
    key_dim,
    tokens: tl.constexpr,
    head_dim: tl.constexpr,
    block_dim: tl.constexpr,
    block_rows: tl.constexpr,
    block_tokens: tl.constexpr,
):
    """Sum share_i exp(s_ij - log_sum_i) over the rows i, for a block of tokens j of one head."""
    pair = tl.program_id(1)
    batch, head = pair // heads, pair % heads
    dim = tl.arange(0, block_dim)
    token = tl.program_id(0) * block_tokens + tl.arange(0, block_tokens)
    key = tl.load(
        keys + batch * key_batch + head * key_head + token[:, None] * key_token + dim * key_dim,
        mask=(token[:, None] < tokens) & (dim < head_dim),
        other=0.0,
    )
    total = tl.zeros((block_tokens, block_rows), tl.float32)
    queries += batch * query_batch + head * query_head
    for start in range(0, tokens, block_rows):
        row = start + tl.arange(0, block_rows)
        query = tl.load(
            queries + row[None, :] * query_row + dim[:, None] * query_dim,
            mask=(row[None, :] < tokens) & (dim[:, None] < head_dim),
            other=0.0,
        )
        part = tl.load(share + batch * tokens + row, mask=row < tokens, other=0.0)
        log_sum = tl.load(log_sums + pair * tokens + row, mask=row < tokens, other=0.0)
        scores = tl.dot(key, query, input_precision="ieee") * scale
        total += tl.exp(scores - log_sum) * part
    tl.store(carried + pair * tokens + token, tl.sum(total, axis=1), mask=token < tokens)
