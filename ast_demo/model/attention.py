"""Self-attention: fused, head by head, or eager, and what explanations keep of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.model.matmul import Linear, use_onednn
from ast_demo.model.onednn import onednn_linear

SCORES_AT_ONCE = 1 << 21  # attention weights held at a time: 8 MB, a head of up to 1448 tokens


class AttentionTrace(NamedTuple):
    """What one layer's attention was computed from, each (batch, heads, tokens, head_dim)."""

    queries: torch.Tensor
    keys: torch.Tensor
    values: torch.Tensor
    # In the last layer of a pooled pass the fields below hold the special tokens' rows alone.
    context: torch.Tensor  # attention output before o_proj, after the head mask
    log_sums: torch.Tensor | None = None  # (batch, heads, rows): ln sum exp of each row's scores
    mean: torch.Tensor | None = None  # (batch, rows, tokens): attention, mean of the heads

    def slim(self) -> AttentionTrace:
        """Return a copy without values and context, which only gradients need: half the memory."""
        empty = self.values[..., :0]
        return self._replace(values=empty.clone(), context=empty.clone())

    def to_cpu(self) -> AttentionTrace:
        """Return a copy in the CPU's memory, float32."""
        kept = {name: part for name, part in self._asdict().items() if part is not None}
        return self._replace(**{name: part.float().cpu() for name, part in kept.items()})


def attention_weights(queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Return softmax(queries keys^T / sqrt(head_dim)), in the dtype of queries.

    Args:
        queries: (batch, heads, rows, head_dim).
        keys: (batch, heads, tokens, head_dim).

    Returns:
        rows that sum to 1, (batch, heads, rows, tokens); the softmax itself runs in float32.
    """
    scores = queries @ keys.transpose(-2, -1) * queries.shape[-1] ** -0.5
    return F.softmax(scores, dim=-1, dtype=torch.float32).to(queries.dtype)


class Attended(NamedTuple):
    """The output of attention, and intermediate results that explanations can use."""

    context: torch.Tensor  # (batch, heads, rows, head_dim)
    log_sums: torch.Tensor | None = None  # (batch, heads, rows): ln sum exp of each row's scores
    mean: torch.Tensor | None = None  # (batch, rows, tokens): the weights, mean of the heads


def fused_attention(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    *,
    dropout: float = 0.0,
    keep_log_sums: bool = False,
) -> Attended:
    """Compute softmax(queries keys^T / sqrt(head_dim)) values without holding the softmax."""
    if keep_log_sums and not torch.is_grad_enabled() and not dropout:
        attended = _with_log_sums(queries, keys, values)
        if attended is not None:
            return attended
    return Attended(F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout))


def _with_log_sums(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor
) -> Attended | None:
    """Attend and keep the log-sum-exp of each row's scores; None where no kernel returns it.

    Fused kernels compute it anyway, but scaled_dot_product_attention drops it; the kernels that it
    dispatches to return it. They are private to torch, so another version may lack them or take
    other arguments: explanations then compute these sums from queries and keys.
    """
    aten = torch.ops.aten
    try:
        if queries.is_cpu:
            kernel = aten._scaled_dot_product_flash_attention_for_cpu
            return Attended(*kernel(queries, keys, values)[:2])
        if not queries.is_cuda:
            return None
        given = torch.backends.cuda.SDPAParams(queries, keys, values, None, 0.0, False, False)
        aligned = queries.shape[-1] % 8 == 0  # otherwise the public function pads
        if aligned and torch.backends.cuda.can_use_flash_attention(given):
            return Attended(*aten._scaled_dot_product_flash_attention(queries, keys, values)[:2])
        if torch.backends.cuda.can_use_efficient_attention(given):
            kernel = aten._scaled_dot_product_efficient_attention
            context, log_sums = kernel(queries, keys, values, None, True)[:2]
            return Attended(context, log_sums[..., : queries.shape[2]])  # this kernel pads the rows
    except (AttributeError, TypeError, RuntimeError):
        pass
    return None


def attention_by_heads(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, *, keep_mean: bool
) -> Attended:
    """Compute the same head by head with oneDNN's matrix products, in float32.

    The fused kernel multiplies with the library that `matmul.py` found slower, and in bfloat16 no
    faster than in float32. The weights are computed here anyway, so their mean over the heads, all
    that a rollout needs, costs one addition a head. Only one head's float32 copies are held at a
    time: this is where a layer's memory peaks.
    """
    batch, heads, rows, head_dim = queries.shape
    tokens = keys.shape[2]
    rows_at_once = max(1, SCORES_AT_ONCE // tokens)
    context = queries.new_empty(batch, rows, heads, head_dim).transpose(1, 2)
    mean = queries.new_empty(batch, rows, tokens) if keep_mean else None
    for sound in range(batch):
        for row in range(0, rows, rows_at_once):
            part = slice(row, row + rows_at_once)
            total = None
            for head in range(heads):
                scaled = queries[sound, head, part].float() * head_dim**-0.5
                keys_of_head = keys[sound, head].float().contiguous()
                values_of_head = values[sound, head].float().mT.contiguous()
                weights = onednn_linear(scaled, keys_of_head).softmax(-1)
                context[sound, head, part] = onednn_linear(weights, values_of_head)
                if keep_mean:
                    total = weights if total is None else total.add_(weights)
                del weights  # before the next head's are made
            if mean is not None and total is not None:
                mean[sound, part] = total.div_(heads)
    return Attended(context, mean=mean)


class ASTAttention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        self.head_dim = config.head_dim
        self.dropout_prob = config.attention_probs_dropout_prob
        self.q_proj = Linear(config.hidden_size, config.hidden_size, bias=config.qkv_bias)
        self.k_proj = Linear(config.hidden_size, config.hidden_size, bias=config.qkv_bias)
        self.v_proj = Linear(config.hidden_size, config.hidden_size, bias=config.qkv_bias)
        self.o_proj = Linear(config.hidden_size, config.hidden_size)

    def forward(
        self,
        hidden_states: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        *,
        eager: bool = False,
        num_queries: int | None = None,
        keep: bool = False,
    ) -> tuple[torch.Tensor, AttentionTrace]:
        """Attend from the first num_queries tokens (all if None) to all tokens.

        On request what explanations need is kept: every token's query, too. What only gradients
        need is kept where they are recorded.
        """
        asking = hidden_states if keep else hidden_states[:, :num_queries]
        all_queries = self._heads(self.q_proj(asking))
        queries = all_queries[:, :, :num_queries]
        keys = self._heads(self.k_proj(hidden_states))
        values = self._heads(self.v_proj(hidden_states))
        dropout = self.dropout_prob if self.training else 0.0
        if eager:
            attended = Attended(F.dropout(attention_weights(queries, keys), dropout) @ values)
        elif use_onednn(queries) and not dropout and queries.dtype != torch.float64:
            attended = attention_by_heads(queries, keys, values, keep_mean=keep)
        else:
            attended = fused_attention(queries, keys, values, dropout=dropout, keep_log_sums=keep)
        if head_mask is not None:
            attended = attended._replace(context=attended.context * head_mask.view(-1, 1, 1))
        output = self.o_proj(attended.context.transpose(1, 2).flatten(2))
        trace = AttentionTrace(all_queries, keys, values, *attended)
        return output, trace if torch.is_grad_enabled() else trace.slim()

    def _heads(self, projected: torch.Tensor) -> torch.Tensor:
        """Reshape (batch, tokens, hidden) to (batch, heads, tokens, head_dim)."""
        return projected.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
