"""The Audio Spectrogram Transformer: spectrogram -> tokens -> hidden states -> pooled -> logits.

Modules and parameters carry the names transformers uses in memory (5.9 and later), so state dicts
of both load into each other. The forward pass runs fused attention and, on request, hands out each
layer's queries, keys and values: attention.py computes every explanation from those.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from ast_demo.checkpoint import Checkpoint, find_checkpoint, parse_dtype, save_checkpoint
from ast_demo.config import ASTConfig
from ast_demo.patches import SPECIAL_TOKENS, PatchGrid

ATTENTION_IMPLEMENTATIONS = ("sdpa", "eager")

ACTIVATIONS = {
    "gelu": F.gelu,
    "relu": F.relu,
    "selu": F.selu,
    "gelu_new": functools.partial(F.gelu, approximate="tanh"),
}


class AttentionTrace(NamedTuple):
    """What one layer's attention was computed from, each (batch, heads, tokens, head_dim)."""

    queries: torch.Tensor  # only those of the special tokens in the last layer of a pooled pass
    keys: torch.Tensor
    values: torch.Tensor
    context: torch.Tensor  # attention output before o_proj, after the head mask


class ModelOutput:
    """Base of the outputs: fields by attribute, name or position; None fields are left out."""

    def keys(self) -> list[str]:
        """List the names of the fields that are present."""
        return [f.name for f in dataclasses.fields(self) if getattr(self, f.name) is not None]

    def to_tuple(self) -> tuple:
        """Return the fields that are present."""
        return tuple(getattr(self, name) for name in self.keys())

    def __getitem__(self, key):
        if isinstance(key, str):
            if key not in self.keys():
                raise KeyError(key)
            return getattr(self, key)
        return self.to_tuple()[key]

    def __iter__(self):
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())


@dataclass
class ASTModelOutput(ModelOutput):
    """Output of `ASTModel`."""

    last_hidden_state: torch.Tensor  # (batch, tokens, hidden), after the final layernorm
    pooler_output: torch.Tensor  # (batch, hidden), mean of CLS and distillation
    hidden_states: tuple[torch.Tensor, ...] | None = None  # embeddings and every layer's output
    attentions: tuple[torch.Tensor, ...] | None = None  # per layer (batch, heads, tokens, tokens)


@dataclass
class AudioClassifierOutput(ModelOutput):
    """Output of `ASTForAudioClassification`."""

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None  # (batch, labels)
    hidden_states: tuple[torch.Tensor, ...] | None = None
    attentions: tuple[torch.Tensor, ...] | None = None


class Encoding(NamedTuple):
    """Result of one pass through the encoder."""

    last_hidden_state: torch.Tensor  # (batch, tokens, hidden); (batch, 2, hidden) if pooled_only
    pooled: torch.Tensor  # (batch, hidden)
    hidden_states: tuple[torch.Tensor, ...]  # empty unless kept
    traces: tuple[AttentionTrace, ...]  # empty unless kept


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


class ASTPatchEmbeddings(nn.Module):
    """Cut the spectrogram into overlapping patches and project each to a token."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        self.projection = nn.Conv2d(
            1,
            config.hidden_size,
            kernel_size=config.patch_size,
            stride=(config.frequency_stride, config.time_stride),
        )

    def forward(self, input_values: torch.Tensor) -> torch.Tensor:
        """Project (batch, frames, mel_bins) to (batch, patches, hidden), frequency-major."""
        plane = input_values.transpose(1, 2).unsqueeze(1)
        return self.projection(plane).flatten(2).transpose(1, 2)


class ASTEmbeddings(nn.Module):
    """Put CLS and distillation tokens before the patches and add position embeddings."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        grid = PatchGrid.from_config(config)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.distillation_token = nn.Parameter(torch.zeros(1, 1, config.hidden_size))
        self.patch_embeddings = ASTPatchEmbeddings(config)
        self.position_embeddings = nn.Parameter(torch.zeros(1, grid.num_tokens, config.hidden_size))
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, input_values: torch.Tensor) -> torch.Tensor:
        """Embed (batch, frames, mel_bins) as (batch, tokens, hidden)."""
        patches = self.patch_embeddings(input_values)
        special = torch.cat([self.cls_token, self.distillation_token], dim=1)
        tokens = torch.cat([special.expand(len(patches), -1, -1), patches], dim=1)
        return self.dropout(tokens + self.position_embeddings)


class ASTAttention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        self.head_dim = config.head_dim
        self.dropout_prob = config.attention_probs_dropout_prob
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=config.qkv_bias)
        self.k_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=config.qkv_bias)
        self.v_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=config.qkv_bias)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self,
        hidden_states: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        eager: bool = False,
        num_queries: int | None = None,
    ) -> tuple[torch.Tensor, AttentionTrace]:
        """Attend from the first num_queries tokens (all if None) to all tokens."""
        queries = self._heads(self.q_proj(hidden_states[:, :num_queries]))
        keys = self._heads(self.k_proj(hidden_states))
        values = self._heads(self.v_proj(hidden_states))
        dropout = self.dropout_prob if self.training else 0.0
        if eager:
            context = F.dropout(attention_weights(queries, keys), dropout) @ values
        else:
            context = F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout)
        if head_mask is not None:
            context = context * head_mask.view(-1, 1, 1)
        output = self.o_proj(context.transpose(1, 2).flatten(2))
        return output, AttentionTrace(queries, keys, values, context)

    def _heads(self, projected: torch.Tensor) -> torch.Tensor:
        """Reshape (batch, tokens, hidden) to (batch, heads, tokens, head_dim)."""
        return projected.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)


class ASTMLP(nn.Module):
    """The two-layer perceptron of a transformer layer."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        act = config.hidden_act
        self.activation = act if callable(act) else ACTIVATIONS[act]
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Transform each token by itself."""
        return self.fc2(self.activation(self.fc1(hidden_states)))


class ASTLayer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, config: ASTConfig):
        super().__init__()
        self.attention = ASTAttention(config)
        self.layernorm_before = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.layernorm_after = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.mlp = ASTMLP(config)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        hidden_states: torch.Tensor,
        head_mask: torch.Tensor | None = None,
        eager: bool = False,
        num_queries: int | None = None,
    ) -> tuple[torch.Tensor, AttentionTrace]:
        """Return the new hidden states of the first num_queries tokens (all if None)."""
        attended, trace = self.attention(
            self.layernorm_before(hidden_states), head_mask, eager, num_queries
        )
        hidden_states = hidden_states[:, :num_queries] + self.dropout(attended)
        changed = self.mlp(self.layernorm_after(hidden_states))
        return hidden_states + self.dropout(changed), trace


class ASTPreTrainedModel(nn.Module):
    """What both models share: configuration, attention implementation, loading and saving."""

    def __init__(self, config: ASTConfig, attn_implementation: str = "sdpa"):
        super().__init__()
        self.config = config
        self.set_attn_implementation(attn_implementation)

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | Path,
        revision: str | None = None,
        dtype: torch.dtype | str | None = None,
        attn_implementation: str = "sdpa",
    ):
        """Load a model in evaluation mode, strictly: every weight must be there and fit.

        Args:
            name_or_path: a bundled name ("everyday-sounds"), a folder, a weights file or a Hub id.
            revision: branch, tag or commit of a Hub repository.
            dtype: "auto" keeps the stored one; a torch.dtype or its name converts; None is float32.
            attn_implementation: "sdpa" or "eager".

        Raises:
            CheckpointError: naming what is missing, unexpected, mis-shaped or unreachable.
            ValueError: for an unknown dtype or attn_implementation.
        """
        checkpoint = find_checkpoint(name_or_path, revision=revision)
        return cls.from_checkpoint(checkpoint, dtype, attn_implementation)

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: Checkpoint,
        dtype: torch.dtype | str | None = None,
        attn_implementation: str = "sdpa",
    ):
        """Load a model from a checkpoint that was found; see `from_pretrained`."""
        target = None if dtype == "auto" else parse_dtype(dtype or torch.float32)
        with torch.device("meta"):  # shapes only: the weights come from the file
            model = cls(ASTConfig.from_dict(checkpoint.config), attn_implementation)
        checkpoint.load_into(model)
        return model.to(target).eval()

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors, readable by every version of transformers.

        Raises:
            ValueError: if the configuration holds a function that JSON cannot.
        """
        values = {"architectures": [type(self).__name__], **self.config.to_dict()}
        save_checkpoint(folder, values, self.state_dict())

    def set_attn_implementation(self, attn_implementation: str) -> None:
        """Choose "sdpa" (fused) or "eager" (plain matrix products) attention.

        Raises:
            ValueError: for any other name.
        """
        if attn_implementation not in ATTENTION_IMPLEMENTATIONS:
            raise ValueError(
                f"attn_implementation is {attn_implementation!r}, expected 'sdpa' or 'eager'."
            )
        for module in self.modules():
            if isinstance(module, ASTPreTrainedModel):
                module.attn_implementation = attn_implementation

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of the weights."""
        return next(self.parameters()).dtype

    def num_parameters(self) -> int:
        """Count the weights."""
        return sum(parameter.numel() for parameter in self.parameters())

    def _initialize(self) -> None:
        """Draw fresh weights as transformers does: truncated normal, zero biases and tokens."""
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                nn.init.trunc_normal_(module.weight, std=self.config.initializer_range)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


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
        pooled_only: bool = False,
        keep_hidden_states: bool = False,
        keep_traces: bool = False,
    ) -> Encoding:
        """Run the encoder and keep what is asked for.

        Args:
            input_values: normalized log-mel, (batch, max_length, num_mel_bins).
            head_mask: factors on the heads, (heads,) or (layers, heads); 0 silences a head.
            pooled_only: compute the last layer for the two special tokens alone. The pooled vector
                is the same; last_hidden_state and the last trace's queries hold two tokens.
            keep_hidden_states: return the embeddings and every layer's output.
            keep_traces: return every layer's queries, keys and values.

        Raises:
            ValueError: if input_values or head_mask has a shape the model does not take.
        """
        self._check_input(input_values)
        head_mask = self._expand_head_mask(head_mask)
        eager = self.attn_implementation == "eager"
        hidden = self.embeddings(input_values.to(self.dtype))
        hidden_states, traces = [hidden], []
        last = len(self.layers) - 1
        for index, layer in enumerate(self.layers):
            num_queries = SPECIAL_TOKENS if pooled_only and index == last else None
            mask = None if head_mask is None else head_mask[index]
            hidden, trace = layer(hidden, mask, eager, num_queries)
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
    ) -> ASTModelOutput | tuple:
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

    def _attentions(self, encoding: Encoding, head_mask) -> tuple[torch.Tensor, ...]:
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
            nn.Linear(config.hidden_size, config.num_labels)
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
    ) -> AudioClassifierOutput | tuple:
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
    if problem_type == "regression":
        return F.mse_loss(logits.squeeze(), labels.squeeze().to(logits.dtype))
    if problem_type == "single_label_classification":
        return F.cross_entropy(logits.view(-1, config.num_labels), labels.view(-1).long())
    return F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))
