"""The shape of an Audio Spectrogram Transformer, as config.json states it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ast_demo.checkpoint.hub import HUB_OPTIONS
from ast_demo.checkpoint.locate import CONFIG_FILE, find_settings, save_config
from ast_demo.values import is_number, is_whole, quoted

MODEL_TYPE = "audio-spectrogram-transformer"
ACTIVATION_NAMES = ("gelu", "relu", "selu", "gelu_new")
PROBLEM_TYPES = ("regression", "single_label_classification", "multi_label_classification")
DEFAULT_NUM_LABELS = 2  # what transformers assumes when config.json lists no labels

# Whole numbers from 1 to these. They lie far above any AST and low enough that the config.json of a
# stranger cannot exhaust the memory.
LARGEST = {
    "hidden_size": 2**14,
    "num_hidden_layers": 2**7,
    "num_attention_heads": 2**10,
    "intermediate_size": 2**16,
    "patch_size": 2**10,
    "frequency_stride": 2**10,
    "time_stride": 2**16,
    "max_length": 2**16,  # 11 minutes
    "num_mel_bins": 2**10,
}
MOST_LABELS = 2**16
MOST_CELLS = 2**24  # of a spectrogram: 64 MB; AudioSet's window has 2**17
MOST_TOKENS = 2**16  # every one attends to every other; AudioSet's checkpoints have 1214
_LABELS = {"num_labels", "id2label", "label2id"}
_PROBABILITIES = ("hidden_dropout_prob", "attention_probs_dropout_prob", "abstention_threshold")


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
        abstention_threshold: best score under which the model is said to hear nothing it knows;
            0.0 always names the best label. Not of transformers, which keeps it as it is.

    Raises:
        ValueError: naming the parameter, the received value and what is expected.

    Source: transformers 5.23.0, configuration_audio_spectrogram_transformer.py.
    """

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str | Callable[[Any], Any] = "gelu"
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
    # None is settled from the others, so that what a config holds is never None.
    num_labels: int = None  # type: ignore[assignment]
    id2label: Mapping[int, str] = None  # type: ignore[assignment]
    label2id: Mapping[str, int] = None  # type: ignore[assignment]
    problem_type: str | None = None
    abstention_threshold: float = 0.0

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_geometry()
        self._check_choices()
        self._settle_labels()

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def num_patches(self) -> int:
        """Count the patches of a window."""
        freq_patches = (self.num_mel_bins - self.patch_size) // self.frequency_stride + 1
        time_patches = (self.max_length - self.patch_size) // self.time_stride + 1
        return freq_patches * time_patches

    @property
    def num_tokens(self) -> int:
        """Count the tokens of a window: two special ones and the patches."""
        return 2 + self.num_patches

    @property
    def num_parameters(self) -> int:
        """Count the weights of a classifier of this shape, which need not be built for that."""
        width, inner = self.hidden_size, self.intermediate_size
        embeddings = 2 * width + self.num_tokens * width + self.patch_size**2 * width + width
        attention = 4 * width * width + width + (3 * width if self.qkv_bias else 0)
        layer = attention + 2 * width * inner + inner + width + 2 * 2 * width
        head = 2 * width + width * self.num_labels + self.num_labels
        return embeddings + self.num_hidden_layers * layer + 2 * width + head

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ASTConfig:
        """Build a config from the parsed content of config.json.

        Unknown keys are ignored, since fine-tuned checkpoints carry many. Label keys written as
        strings are sorted as integers and label values that are numbers become text.

        Raises:
            ValueError: if the file describes another architecture or holds a value out of range.
        """
        model_type = values.get("model_type", MODEL_TYPE)
        if model_type != MODEL_TYPE:
            raise ValueError(
                f"config.json describes model_type {quoted(model_type)}, expected {MODEL_TYPE!r}: "
                "choose an Audio Spectrogram Transformer checkpoint."
            )
        known = {field.name for field in dataclasses.fields(cls)}
        chosen = {key: value for key, value in values.items() if key in known}
        if chosen.get("id2label") is not None:
            chosen.pop("num_labels", None)  # the labels count themselves
        return cls(**chosen)

    @classmethod
    def from_pretrained(
        cls, name_or_path: str | Path, revision: str | None = None, **changes: Any
    ) -> ASTConfig:
        """Read the config of a bundled checkpoint, a folder or a Hub repository.

        Args:
            name_or_path: as for the models.
            revision: branch, tag or commit of a Hub repository.
            **changes: values that replace those of the file, and the options of `HubRepository`.

        Raises:
            CheckpointError: if there is no readable config.json.
            ValueError: if it describes another architecture or holds a value out of range.
        """
        hub_options = {key: changes.pop(key) for key in HUB_OPTIONS if key in changes}
        values = find_settings(name_or_path, CONFIG_FILE, revision, **hub_options)
        return cls.from_dict(values).changed(changes)

    def changed(self, changes: Mapping[str, Any]) -> ASTConfig:
        """Return a config with some values replaced; labels follow whichever of them is given.

        Another num_labels names its labels LABEL_0 and so on; id2label and label2id make each
        other.

        Raises:
            ValueError: if there is no such parameter, or a value cannot work.
        """
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        unknown = [name for name in changes if name not in values]
        if unknown:
            raise ValueError(
                f"there is no parameter {quoted(unknown[0])}, expected some of {', '.join(values)}."
            )
        given = {key: value for key, value in changes.items() if value is not None}
        count = given.get("num_labels")
        same = is_whole(count) and count == self.num_labels
        if _LABELS & given.keys() and not (same and _LABELS & given.keys() == {"num_labels"}):
            values |= dict.fromkeys(_LABELS)
            values["abstention_threshold"] = 0.0  # it was measured for the labels before
        return type(self)(**{**values, **given})

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json into a folder, which is made if needed.

        Raises:
            ValueError: if hidden_act is a function, which JSON cannot hold.
        """
        save_config(folder, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
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
        if not values["abstention_threshold"]:
            del values["abstention_threshold"]
        values["id2label"] = {str(index): label for index, label in self.id2label.items()}
        values["label2id"] = dict(self.label2id)
        values["model_type"] = MODEL_TYPE
        return dict(sorted(values.items()))

    def _check_numbers(self) -> None:
        for name, largest in LARGEST.items():
            value = getattr(self, name)
            if not is_whole(value) or not 1 <= value <= largest:
                raise ValueError(
                    f"{name} is {quoted(value)}, expected a whole number from 1 to {largest}."
                )
        for name in _PROBABILITIES:
            value = getattr(self, name)
            if not is_number(value) or not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} is {quoted(value)}, expected a number from 0 to 1.")
        if not is_number(self.initializer_range) or not 0.0 <= self.initializer_range <= 1.0:
            raise ValueError(
                f"initializer_range is {quoted(self.initializer_range)}, expected a number from 0 "
                "to 1."
            )
        if not is_number(self.layer_norm_eps) or not 0.0 < self.layer_norm_eps < 1.0:
            raise ValueError(
                f"layer_norm_eps is {quoted(self.layer_norm_eps)}, expected a number between 0 "
                "and 1."
            )
        if not isinstance(self.qkv_bias, bool):
            raise ValueError(f"qkv_bias is {quoted(self.qkv_bias)}, expected True or False.")

    def _check_geometry(self) -> None:
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
        for what, count, most in (
            ("cells (max_length * num_mel_bins)", self.max_length * self.num_mel_bins, MOST_CELLS),
            ("patches", self.num_patches, MOST_TOKENS),
        ):
            if count > most:
                raise ValueError(f"the spectrogram has {count} {what}, expected at most {most}.")

    def _check_choices(self) -> None:
        if not callable(self.hidden_act) and not _among(self.hidden_act, ACTIVATION_NAMES):
            raise ValueError(
                f"hidden_act is {quoted(self.hidden_act)}, expected one of "
                f"{', '.join(ACTIVATION_NAMES)} or a function."
            )
        if self.problem_type is not None and not _among(self.problem_type, PROBLEM_TYPES):
            raise ValueError(
                f"problem_type is {quoted(self.problem_type)}, expected one of "
                f"{', '.join(PROBLEM_TYPES)} or None."
            )

    def _settle_labels(self) -> None:
        """Make num_labels, id2label and label2id say the same, from whichever is given."""
        if self.label2id is not None:
            labels = _mapping("label2id", self.label2id).items()
            self.label2id = {str(label): _index("label2id", index) for label, index in labels}
        if self.id2label is None and self.label2id:
            self.id2label = {index: label for label, index in self.label2id.items()}
        if self.id2label is not None:
            self.id2label = _ordered_labels(self.id2label)
            if self.num_labels not in (None, len(self.id2label)):
                raise ValueError(
                    f"num_labels is {quoted(self.num_labels)}, but id2label lists "
                    f"{len(self.id2label)}: give one of them."
                )
        elif self.num_labels is None:
            self.num_labels = DEFAULT_NUM_LABELS
        count = self.num_labels if self.id2label is None else len(self.id2label)
        if not is_whole(count) or not 0 <= count <= MOST_LABELS:
            raise ValueError(
                f"num_labels is {quoted(count)}, expected a whole number from 0 to {MOST_LABELS}."
            )
        self.num_labels = count
        if self.id2label is None:
            self.id2label = {index: f"LABEL_{index}" for index in range(count)}
        if not self.label2id:
            self.label2id = {label: index for index, label in self.id2label.items()}


def _among(value: Any, names: tuple[str, ...]) -> bool:
    return isinstance(value, str) and value in names


def _mapping(name: str, value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {quoted(value)}, expected a mapping.")
    return value


def _index(name: str, value: Any) -> int:
    """Read an output index, which JSON may hold as text."""
    if is_whole(value):
        return value
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        return int(value)
    raise ValueError(f"{name} has the index {quoted(value)}, expected a whole number.")


def _ordered_labels(id2label: Mapping[Any, Any]) -> dict[int, str]:
    """Sort labels by index and check that none is missing; numbers become text."""
    labels = {}
    for key, label in _mapping("id2label", id2label).items():
        if not isinstance(label, (str, int, float)):
            raise ValueError(f"id2label has the label {quoted(label)}, expected text.")
        labels[_index("id2label", key)] = str(label)
    if sorted(labels) != list(range(len(id2label))):
        raise ValueError(
            f"id2label has {len(id2label)} labels with the indices {quoted(sorted(labels))}, "
            f"expected 0 to {len(id2label) - 1} without gaps."
        )
    return dict(sorted(labels.items()))
