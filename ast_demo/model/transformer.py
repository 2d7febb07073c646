"""The Audio Spectrogram Transformer: spectrogram -> tokens -> hidden states -> pooled -> logits.

The forward pass runs fused attention and, on request, returns each layer's queries, keys and
values: explain/attention_maps.py computes every explanation from those. The layers themselves are
in layers.py and attention.py, loading and saving in pretrained.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.patches import SPECIAL_TOKENS
from ast_demo.model.attention import AttentionTrace, attention_weights
from ast_demo.model.layers import ASTEmbeddings, ASTLayer
from ast_demo.model.matmul import Linear
from ast_demo.model.outputs import ASTModelOutput, AudioClassifierOutput
from ast_demo.model.pretrained import ASTPreTrainedModel

__all__ = [
    "ASTForAudioClassification",
    "ASTModel",
    "AttentionTrace",
    "Encoding",
    "attention_weights",
    "classification_loss",
]


class Encoding(NamedTuple):
    """Result of one pass through the encoder."""

    last_hidden_state: torch.Tensor  # (batch, tokens, hidden); (batch, 2, hidden) if pooled_only
    pooled: torch.Tensor  # (batch, hidden)
    hidden_states: tuple[torch.Tensor, ...]  # empty unless kept
    traces: tuple[AttentionTrace, ...]  # empty unless kept


class ASTModel(ASTPreTrainedModel):
    """The bare encoder: spectrogram in, hidden states and pooled vector out.

    Args:
        config: the model's shape.
        attn_implementation: "sdpa" (default) or "eager"; both give the same numbers.

    Source: Gong et al. 2021, "AST: Audio Spectrogram Transformer"; transformers, ASTModel.
    """

    def __init__(self, config: ASTConfig, attn_implementation: str = "sdpa"):
        super().__init__(config, attn_implementation)
        self.embeddings = ASTEmbeddings(config)
        self.layers = nn.ModuleList(ASTLayer(config) for _ in range(config.num_hidden_layers))
        self.layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self._initialize()

    def encode(
        self,
        input_values: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        *,
        pooled_only: bool = False,
        keep_hidden_states: bool = False,
        keep_traces: bool = False,
    ) -> Encoding:
        """Run the encoder and keep what is asked for.

        Args:
            input_values: normalized log-mel, (batch, max_length, num_mel_bins).
            head_mask: factors on the heads, (heads,) or (layers, heads); 0 silences a head.
            pooled_only: compute the last layer for the two special tokens alone. The pooled vector
                is the same; last_hidden_state and the last trace's context hold two tokens.
            keep_hidden_states: return the embeddings and every layer's output.
            keep_traces: return every layer's queries and keys, and what gradients need beside them
                (values and context) where gradients are recorded.

        Raises:
            ValueError: if input_values or head_mask has a shape the model does not take.
        """
        self._check_input(input_values)
        return self.encode_tokens(
            self.embeddings(input_values.to(self.dtype)),
            head_mask,
            pooled_only=pooled_only,
            keep_hidden_states=keep_hidden_states,
            keep_traces=keep_traces,
        )

    def encode_tokens(
        self,
        tokens: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        *,
        pooled_only: bool = False,
        keep_hidden_states: bool = False,
        keep_traces: bool = False,
        eager: bool | None = None,
    ) -> Encoding:
        """Run the layers on tokens that are embedded already, CLS and distillation first.

        Args:
            tokens: in any number, (batch, tokens, hidden); the rest as for `encode`.
            head_mask: factors on the heads, (heads,) or (layers, heads).
            pooled_only: compute the last layer for the two special tokens alone.
            keep_hidden_states: return the tokens and every layer's output.
            keep_traces: return every layer's queries and keys.
            eager: compute attention as explicit matrices; None follows attn_implementation.
        """
        head_mask = self._expand_head_mask(head_mask)
        if eager is None:
            eager = self.attn_implementation == "eager"
        hidden = tokens
        hidden_states, traces = [hidden] if keep_hidden_states else [], []
        last = len(self.layers) - 1
        for index, layer in enumerate(self.layers):
            num_queries = SPECIAL_TOKENS if pooled_only and index == last else None
            mask = None if head_mask is None else head_mask[index]
            hidden, trace = layer(
                hidden, mask, eager=eager, num_queries=num_queries, keep=keep_traces
            )
            if keep_hidden_states:
                hidden_states.append(hidden)
            if keep_traces:
                traces.append(trace)
        normed = self.layernorm(hidden)
        pooled = (normed[:, 0] + normed[:, 1]) / 2
        return Encoding(
            normed, pooled, tuple(hidden_states) if keep_hidden_states else (), tuple(traces)
        )

    def forward(
        self,
        input_values: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
    ) -> ASTModelOutput | tuple[Any, ...]:
        """Encode a batch of spectrograms.

        Args:
            input_values: normalized log-mel, (batch, max_length, num_mel_bins).
            head_mask: factors on the heads, (heads,) or (layers, heads).
            output_attentions: also return each layer's attention weights, with "sdpa" too.
            output_hidden_states: also return embeddings and each layer's output.
            return_dict: False returns a tuple of the fields that are present.

        Raises:
            ValueError: if a shape does not fit.
        """
        encoding = self.encode(
            input_values,
            head_mask,
            keep_hidden_states=bool(output_hidden_states),
            keep_traces=bool(output_attentions),
        )
        output = ASTModelOutput(
            last_hidden_state=encoding.last_hidden_state,
            pooler_output=encoding.pooled,
            hidden_states=encoding.hidden_states if output_hidden_states else None,
            attentions=self._attentions(encoding, head_mask) if output_attentions else None,
        )
        return output.to_tuple() if return_dict is False else output

    def _attentions(
        self, encoding: Encoding, head_mask: torch.Tensor | None
    ) -> tuple[torch.Tensor, ...]:
        weights = tuple(attention_weights(trace.queries, trace.keys) for trace in encoding.traces)
        head_mask = self._expand_head_mask(head_mask)
        if head_mask is None:
            return weights
        return tuple(w * mask.view(-1, 1, 1) for w, mask in zip(weights, head_mask))

    def _check_input(self, input_values: torch.Tensor) -> None:
        expected = (self.config.max_length, self.config.num_mel_bins)
        if input_values.ndim == 3 and tuple(input_values.shape[1:]) == expected:
            return
        hint = "compute it with this checkpoint's ASTFeatureExtractor"
        if input_values.ndim == 3 and tuple(input_values.shape[:0:-1]) == expected:
            hint = "swap the last two axes, time comes first"
        raise ValueError(
            f"input_values has shape {tuple(input_values.shape)}, expected (batch, "
            f"{expected[0]}, {expected[1]}), that is (batch, frames, mel bins): {hint}."
        )

    def _expand_head_mask(self, head_mask: torch.Tensor | None) -> torch.Tensor | None:
        """Return the mask as (layers, heads) in the model's dtype and device."""
        if head_mask is None:
            return None
        layers, heads = self.config.num_hidden_layers, self.config.num_attention_heads
        if tuple(head_mask.shape) not in ((heads,), (layers, heads)):
            raise ValueError(
                f"head_mask has shape {tuple(head_mask.shape)}, expected ({heads},) or "
                f"({layers}, {heads})."
            )
        return head_mask.to(self.device, self.dtype).expand(layers, heads)


class ASTMLPHead(nn.Module):
    """Classification head: a LayerNorm of its own, then one linear layer."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        self.layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dense = (
            Linear(config.hidden_size, config.num_labels)
            if config.num_labels > 0
            else nn.Identity()
        )

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Map (batch, hidden) to logits (batch, labels)."""
        return self.dense(self.layernorm(pooled))


class ASTForAudioClassification(ASTPreTrainedModel):
    """The encoder with a classification head.

    Args:
        config: the model's shape, labels and problem type.
        attn_implementation: "sdpa" (default) or "eager"; both give the same numbers.

    Source: transformers, ASTForAudioClassification.
    """

    def __init__(self, config: ASTConfig, attn_implementation: str = "sdpa"):
        super().__init__(config, attn_implementation)
        self.audio_spectrogram_transformer = ASTModel(config, attn_implementation)
        self.classifier = ASTMLPHead(config)
        self._initialize()

    def forward(
        self,
        input_values: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
    ) -> AudioClassifierOutput | tuple[Any, ...]:
        """Classify a batch of spectrograms.

        Args:
            input_values: normalized log-mel, (batch, max_length, num_mel_bins).
            head_mask: factors on the heads, (heads,) or (layers, heads).
            labels: targets for the loss: class indices (batch,), or floats (batch, labels) for
                regression and multi-label problems.
            output_attentions: also return each layer's attention weights, with "sdpa" too.
            output_hidden_states: also return embeddings and each layer's output.
            return_dict: False returns a tuple of the fields that are present.

        Raises:
            ValueError: if a shape does not fit.
        """
        encoder = self.audio_spectrogram_transformer
        if output_attentions or output_hidden_states:
            encoded = encoder(input_values, head_mask, output_attentions, output_hidden_states)
            pooled = encoded.pooler_output
            hidden_states, attentions = encoded.hidden_states, encoded.attentions
        else:
            pooled = encoder.encode(input_values, head_mask, pooled_only=True).pooled
            hidden_states = attentions = None
        logits = self.classifier(pooled)
        output = AudioClassifierOutput(
            loss=None if labels is None else classification_loss(logits, labels, self.config),
            logits=logits,
            hidden_states=hidden_states,
            attentions=attentions,
        )
        return output.to_tuple() if return_dict is False else output


def classification_loss(
    logits: torch.Tensor, labels: torch.Tensor, config: ASTConfig
) -> torch.Tensor:
    """Return the loss that config.problem_type asks for, or the one that fits if it is None.

    One label is a regression (mean squared error); several labels with integer targets are a
    single choice (cross-entropy), with float targets independent labels (binary cross-entropy).

    Raises:
        ValueError: if the labels do not have the shape of the logits where they must.

    Source: transformers 5.23.0, loss/loss_utils.py, ForSequenceClassificationLoss.
    """
    labels = labels.to(logits.device)
    problem_type = config.problem_type
    if problem_type is None:
        if config.num_labels == 1:
            problem_type = "regression"
        elif labels.dtype in (torch.int64, torch.int32):
            problem_type = "single_label_classification"
        else:
            problem_type = "multi_label_classification"
    if problem_type == "single_label_classification":
        return F.cross_entropy(logits.view(-1, config.num_labels), labels.view(-1).long())
    if config.num_labels == 1:
        labels = labels.reshape(-1, 1)
    if labels.shape != logits.shape:  # broadcasting would pair wrong elements
        raise ValueError(
            f"labels has shape {tuple(labels.shape)}, expected {tuple(logits.shape)} for "
            f"{problem_type}."
        )
    if problem_type == "regression":
        return F.mse_loss(logits, labels.to(logits.dtype))
    return F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))
