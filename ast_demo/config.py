"""The shape of an Audio Spectrogram Transformer, as config.json states it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MODEL_TYPE = "audio-spectrogram-transformer"
ACTIVATION_NAMES = ("gelu", "relu", "selu", "gelu_new")
PROBLEM_TYPES = ("regression", "single_label_classification", "multi_label_classification")
DEFAULT_NUM_LABELS = 2  # what transformers assumes when config.json lists no labels

_POSITIVE_INTEGERS = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "patch_size",
    "frequency_stride",
    "time_stride",
    "max_length",
    "num_mel_bins",
)
_PROBABILITIES = ("hidden_dropout_prob", "attention_probs_dropout_prob")


@dataclass
class ASTConfig:
    """Hold every parameter of an AST checkpoint and refuse values that cannot work.

    Names and defaults are those of transformers' `ASTConfig` (the AudioSet 10-10 checkpoint).

    Args:
        hidden_size: width of a token.
        num_hidden_layers: count of transformer layers.
        num_attention_heads: heads per layer; must divide hidden_size.
        intermediate_size: width of the hidden layer of each MLP.
        hidden_act: "gelu" (exact erf), "relu", "selu", "gelu_new" (tanh form), or a function.
        hidden_dropout_prob: dropout of embeddings and residual branches, in [0, 1].
        attention_probs_dropout_prob: dropout of attention weights, in [0, 1].
        initializer_range: standard deviation of freshly initialized weights.
        layer_norm_eps: epsilon of every LayerNorm, the classifier's included.
        patch_size: side of a square patch, in mel bins and frames.
        qkv_bias: whether query, key and value projections have a bias.
        frequency_stride: step from patch to patch, in mel bins.
        time_stride: step from patch to patch, in frames.
        max_length: frames of the model's window.
        num_mel_bins: mel bins of the spectrogram.
        num_labels: count of outputs; defaults to len(id2label), or 2 without labels.
        id2label: output index -> label; keys may be strings, values any scalar.
        label2id: label -> output index; derived from id2label when absent.
        problem_type: "regression", "single_label_classification", "multi_label_classification" or
            None (decided by num_labels and the dtype of the labels, as in transformers).

    Raises:
        ValueError: naming the parameter, the received value and what is expected.

    Source: transformers 5.23.0, configuration_audio_spectrogram_transformer.py.
    """

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str | Callable = "gelu"
    hidden_dropout_prob: float = 0.0
    attention_probs_dropout_prob: float = 0.0
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-12
    patch_size: int = 16
    qkv_bias: bool = True
    frequency_stride: int = 10
    time_stride: int = 10
    max_length: int = 1024
    num_mel_bins: int = 128
    num_labels: int | None = None
    id2label: Mapping[int, str] | None = None
    label2id: Mapping[str, int] | None = None
    problem_type: str | None = None

    def __post_init__(self):
        self._check_numbers()
        self._check_geometry()
        self._check_choices()
        self._settle_labels()

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def from_dict(cls, values: Mapping) -> ASTConfig:
        """Build a config from the parsed content of config.json.

        Unknown keys are ignored, since fine-tuned checkpoints carry many. Label keys written as
        strings are sorted as integers and label values that are numbers become text.

        Raises:
            ValueError: if the file describes another architecture or holds a value out of range.
        """
        model_type = values.get("model_type", MODEL_TYPE)
        if model_type != MODEL_TYPE:
            raise ValueError(
                f"config.json describes model_type {model_type!r}, expected {MODEL_TYPE!r}: "
                "choose an Audio Spectrogram Transformer checkpoint."
            )
        known = {field.name for field in dataclasses.fields(cls)}
        chosen = {key: value for key, value in values.items() if key in known}
        if chosen.get("id2label"):
            chosen.pop("num_labels", None)  # the labels count themselves
        return cls(**chosen)

    def to_dict(self) -> dict:
        """Return the content of a config.json that transformers reads too.

        Raises:
            ValueError: if hidden_act is a function, which JSON cannot hold.
        """
        if not isinstance(self.hidden_act, str):
            raise ValueError(
                f"hidden_act is the function {self.hidden_act!r}, which config.json cannot hold: "
                f"use one of {', '.join(ACTIVATION_NAMES)} for a model that is to be saved."
            )
        values = dataclasses.asdict(self)
        del values["num_labels"]  # never written: it is len(id2label)
        if values["problem_type"] is None:
            del values["problem_type"]
        values["id2label"] = {str(index): label for index, label in self.id2label.items()}
        values["label2id"] = dict(self.label2id)
        values["model_type"] = MODEL_TYPE
        return dict(sorted(values.items()))

    def _check_numbers(self):
        for name in _POSITIVE_INTEGERS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value!r}, expected a whole number of at least 1.")
        for name in _PROBABILITIES:
            value = getattr(self, name)
            if not _is_number(value) or not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} is {value!r}, expected a probability from 0 to 1.")
        if not _is_number(self.initializer_range) or not 0.0 <= self.initializer_range <= 1.0:
            raise ValueError(
                f"initializer_range is {self.initializer_range!r}, expected a number of at least 0."
            )
        if not _is_number(self.layer_norm_eps) or not 0.0 < self.layer_norm_eps < 1.0:
            raise ValueError(
                f"layer_norm_eps is {self.layer_norm_eps!r}, expected a number between 0 and 1."
            )
        if not isinstance(self.qkv_bias, bool):
            raise ValueError(f"qkv_bias is {self.qkv_bias!r}, expected True or False.")

    def _check_geometry(self):
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size is {self.hidden_size}, which num_attention_heads "
                f"{self.num_attention_heads} does not divide."
            )
        for name in ("num_mel_bins", "max_length"):
            if getattr(self, name) < self.patch_size:
                raise ValueError(
                    f"{name} is {getattr(self, name)}, expected at least one patch "
                    f"(patch_size {self.patch_size})."
                )

    def _check_choices(self):
        if not callable(self.hidden_act) and self.hidden_act not in ACTIVATION_NAMES:
            raise ValueError(
                f"hidden_act is {self.hidden_act!r}, expected one of "
                f"{', '.join(ACTIVATION_NAMES)} or a function."
            )
        if self.problem_type is not None and self.problem_type not in PROBLEM_TYPES:
            raise ValueError(
                f"problem_type is {self.problem_type!r}, expected one of "
                f"{', '.join(PROBLEM_TYPES)} or None."
            )

    def _settle_labels(self):
        if not self.id2label and self.label2id:
            self.id2label = {index: label for label, index in self.label2id.items()}
        if self.id2label:
            self.id2label = _ordered_labels(self.id2label)
            if self.num_labels is not None and self.num_labels != len(self.id2label):
                raise ValueError(
                    f"num_labels is {self.num_labels}, but id2label lists {len(self.id2label)}."
                )
            self.num_labels = len(self.id2label)
        else:
            if self.num_labels is None:
                self.num_labels = DEFAULT_NUM_LABELS
            count = self.num_labels
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise ValueError(f"num_labels is {count!r}, expected a whole number of at least 0.")
            self.id2label = {index: f"LABEL_{index}" for index in range(count)}
        if self.label2id:
            self.label2id = {str(label): _index(index) for label, index in self.label2id.items()}
        else:
            self.label2id = {label: index for index, label in self.id2label.items()}


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _index(key) -> int:
    try:
        return int(key)
    except (TypeError, ValueError):
        raise ValueError(f"id2label has the key {key!r}, expected a whole number.") from None


def _ordered_labels(id2label: Mapping) -> dict[int, str]:
    """Sort labels by integer index and check that none is missing."""
    if not isinstance(id2label, Mapping):
        raise ValueError(f"id2label is {id2label!r}, expected a mapping of index to label.")
    labels = dict(sorted((_index(key), str(label)) for key, label in id2label.items()))
    if list(labels) != list(range(len(labels))):
        raise ValueError(
            f"id2label has {len(labels)} labels with the indices {list(labels)[:5]}..., "
            f"expected 0 to {len(labels) - 1} without gaps."
        )
    return labels
