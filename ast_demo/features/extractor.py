"""From waveforms to the model's input: log-mel, fitted to the model's window, normalized."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ast_demo.checkpoint.config import LARGEST
from ast_demo.checkpoint.hub import HUB_OPTIONS
from ast_demo.checkpoint.locate import PREPROCESSOR_FILE, find_settings, save_preprocessor
from ast_demo.features.inputs import split_sounds, to_waveform
from ast_demo.features.spectrogram import (
    ENERGY_FLOOR,
    HOP_SECONDS,
    WINDOW_SECONDS,
    frame_count,
    frame_geometry,
    frames,
    log_energies,
    log_mel_spectrogram,
    mel_band,
    mel_energies,
    mel_filters,
    pad_or_trim,
    power_spectrum,
    samples_for,
)
from ast_demo.values import is_number, is_whole, quoted, refused

__all__ = [
    "ENERGY_FLOOR",
    "HOP_SECONDS",
    "WINDOW_SECONDS",
    "ASTFeatureExtractor",
    "BatchFeature",
    "FeatureStages",
    "frame_count",
    "frame_geometry",
    "frames",
    "log_energies",
    "log_mel_spectrogram",
    "mel_band",
    "mel_energies",
    "mel_filters",
    "pad_or_trim",
    "power_spectrum",
    "samples_for",
]

SOUNDS_AT_ONCE = 4  # larger batches go through in parts: less memory and, on a CPU, less time
SAMPLING_RATES = (1000, 384_000)  # below, a mel filter bank makes no sense; above, none records


@dataclass(frozen=True)
class FeatureStages:
    """Every stage of one sound on its way to the model (shapes without a batch dimension)."""

    frames: torch.Tensor  # (frames, window_length)
    power: torch.Tensor  # (frames, fft_length // 2 + 1)
    mel: torch.Tensor  # (frames, num_mel_bins)
    log_mel: torch.Tensor  # (frames, num_mel_bins)
    normalized: torch.Tensor  # (max_length, num_mel_bins), padded or trimmed: the model's input


class BatchFeature(dict[str, Any]):
    """A dict of arrays whose entries are attributes too, ready for `model(**features)`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def to(self, *args: Any, **kwargs: Any) -> BatchFeature:
        """Move every tensor as `torch.Tensor.to` would."""
        return BatchFeature(
            {k: v.to(*args, **kwargs) if torch.is_tensor(v) else v for k, v in self.items()}
        )


class ASTFeatureExtractor:
    """Turn waveforms into `input_values`, exactly as transformers' extractor of the same name does.

    Args:
        feature_size: kept for the preprocessor file; an AST has one feature, the spectrogram.
        sampling_rate: rate in Hz that waveforms must have.
        num_mel_bins: mel bins of the spectrogram.
        max_length: frames of the model's window; longer sounds are trimmed, shorter ones padded.
        padding_value: log-mel value of padding, before normalization.
        do_normalize: whether to apply (x - mean) / (2 * std).
        mean: mean of the checkpoint's training spectrograms, natural-log energy.
        std: their standard deviation.
        return_attention_mask: whether to add `attention_mask` (batch, max_length), 1 where there
            is sound and 0 where there is padding. The model takes no mask; it is for the caller.

    Raises:
        ValueError: naming the parameter that cannot work, its value and what is expected.

    Source: transformers 5.23.0, feature_extraction_audio_spectrogram_transformer.py.
    """

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        max_length: int = 1024,
        padding_value: float = 0.0,
        do_normalize: bool = True,
        mean: float = -4.2677393,
        std: float = 4.5689974,
        return_attention_mask: bool = False,
    ):
        for name, value, least, most in (
            ("feature_size", feature_size, 1, 2**16),
            ("sampling_rate", sampling_rate, *SAMPLING_RATES),
            ("num_mel_bins", num_mel_bins, 4, LARGEST["num_mel_bins"]),
            ("max_length", max_length, 1, LARGEST["max_length"]),
        ):
            if not is_whole(value) or not least <= value <= most:
                raise ValueError(
                    f"{name} is {value!r}, expected a whole number from {least} to {most}."
                )
        for name, value in (
            ("do_normalize", do_normalize),
            ("return_attention_mask", return_attention_mask),
        ):
            if not isinstance(value, bool):
                raise ValueError(f"{name} is {value!r}, expected True or False.")
        for name, number in (("padding_value", padding_value), ("mean", mean), ("std", std)):
            if not is_number(number):
                raise ValueError(f"{name} is {number!r}, expected a number.")
            if not math.isfinite(number):
                raise ValueError(f"{name} is {number!r}, expected a finite number.")
        if std <= 0:
            raise refused("std", std, "a number above 0")
        self.feature_size = feature_size
        self.sampling_rate = sampling_rate
        self.num_mel_bins = num_mel_bins
        self.max_length = max_length
        self.padding_value = padding_value
        self.do_normalize = do_normalize
        self.mean = mean
        self.std = std
        self.return_attention_mask = return_attention_mask

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ASTFeatureExtractor:
        """Build an extractor from what preprocessor_config.json holds; extra keys are ignored."""
        return cls(**{name: values[name] for name in _PARAMETERS if name in values})

    @classmethod
    def from_pretrained(
        cls, name_or_path: str | Path, revision: str | None = None, **changes: Any
    ) -> ASTFeatureExtractor:
        """Load the extractor of a bundled checkpoint, a folder or a Hub repository.

        Args:
            name_or_path: as for the models.
            revision: branch, tag or commit of a Hub repository.
            **changes: parameters that replace those of the file, such as max_length, and token,
                cache_dir, local_files_only, force_download of the Hub.

        Raises:
            CheckpointError: if there is no readable preprocessor_config.json, or it belongs to
                another kind of model.
            ValueError: if there is no such parameter, or a value cannot work.
        """
        hub_options = {key: changes.pop(key) for key in HUB_OPTIONS if key in changes}
        unknown = sorted(changes.keys() - set(_PARAMETERS))
        if unknown:
            raise ValueError(
                f"there is no parameter {unknown[0]!r}, expected some of {', '.join(_PARAMETERS)}."
            )
        values = find_settings(name_or_path, PREPROCESSOR_FILE, revision, **hub_options)
        return cls.from_dict({**values, **changes})

    def save_pretrained(self, folder: str | Path) -> None:
        """Write preprocessor_config.json into a folder, which is made if needed."""
        save_preprocessor(folder, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return the content of a preprocessor_config.json that transformers reads too."""
        values = {name: getattr(self, name) for name in _PARAMETERS}
        values["feature_extractor_type"] = type(self).__name__
        values["padding_side"] = "right"
        return dict(sorted(values.items()))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in _PARAMETERS)
        return f"{type(self).__name__}({values})"

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: str | None = None,
        padding: bool | str | None = None,
        truncation: bool | str | None = None,
    ) -> BatchFeature:
        """Compute `input_values` for one or several sounds, several at once.

        Args:
            raw_speech: one sound as an array, a tensor or a list of floats; or several as a list
                of those or a 2-D array (batch, samples). Mono, full scale 1.0. Arrays of int16,
                int32 and uint8 are taken as PCM and scaled to full scale 1.0.
            sampling_rate: rate of raw_speech in Hz; a warning is given when it is left out.
            return_tensors: "pt" for a tensor (on the device of the input), "np" for an array,
                "tf" for a TensorFlow tensor, None for a list with one array per sound.
            padding: taken as the reference takes it, without effect: the window is always filled.
            truncation: likewise; what exceeds the window is always left out.

        Returns:
            `input_values`, float32 (batch, max_length, num_mel_bins), and `attention_mask` if
            asked for.

        Raises:
            ValueError: for a wrong rate, several channels, less than 25 ms, values that are not
                finite, integers of unknown scale or an unknown return_tensors.
            ImportError: for "tf" where TensorFlow is not installed.
        """
        if return_tensors not in (None, "pt", "np", "tf"):
            raise ValueError(
                f"return_tensors is {return_tensors!r}, expected 'pt', 'np', 'tf' or None."
            )
        if sampling_rate is None:
            warnings.warn(
                f"no sampling_rate was given, {self.sampling_rate} Hz is assumed: pass "
                "sampling_rate, since a wrong rate gives wrong features without an error.",
                stacklevel=2,
            )
        elif not self._has_rate(sampling_rate):
            raise ValueError(
                f"the sound has {quoted(sampling_rate)} Hz, expected {self.sampling_rate} Hz: "
                "resample it first, for example with ast_demo.load_audio."
            )
        waveforms = [to_waveform(sound, self.sampling_rate) for sound in split_sounds(raw_speech)]
        parts = [
            self._batch(waveforms[first : first + SOUNDS_AT_ONCE])
            for first in range(0, len(waveforms), SOUNDS_AT_ONCE)
        ]
        input_values, num_frames = (torch.cat(part) for part in zip(*parts))
        features = {"input_values": input_values}
        if self.return_attention_mask:
            position = torch.arange(self.max_length, device=input_values.device)
            features["attention_mask"] = (position < num_frames[:, None]).to(torch.int32)
        return BatchFeature({k: _convert(v, return_tensors) for k, v in features.items()})

    def stages(self, waveform: Any, sampling_rate: int | None = None) -> FeatureStages:
        """Return every stage of one sound, for looking at; the last one equals `input_values[0]`.

        Args:
            waveform: mono audio as an array, tensor or list, full scale 1.0.
            sampling_rate: rate of waveform in Hz; the extractor's own when left out.

        Raises:
            ValueError: as for calling the extractor.
        """
        if sampling_rate is not None and not self._has_rate(sampling_rate):
            raise ValueError(
                f"the sound has {quoted(sampling_rate)} Hz, expected {self.sampling_rate} Hz."
            )
        samples = to_waveform(waveform, self.sampling_rate)
        windowed = frames(samples, self.sampling_rate)
        power = power_spectrum(windowed, frame_geometry(self.sampling_rate).fft_length)
        mel = mel_energies(power, self.num_mel_bins, self.sampling_rate)
        log_mel = log_energies(mel)
        return FeatureStages(windowed, power, mel, log_mel, self.finish(log_mel))

    def _has_rate(self, sampling_rate: Any) -> bool:
        """Tell whether a rate is the extractor's; it may be NumPy's number, or no number at all."""
        number = isinstance(sampling_rate, (int, float, np.integer, np.floating))
        return number and bool(sampling_rate == self.sampling_rate)

    def log_mel(self, waveform: torch.Tensor) -> torch.Tensor:
        """Return the log-mel spectrogram of a checked waveform: float32 (..., frames, mel_bins)."""
        return log_mel_spectrogram(waveform, self.num_mel_bins, self.sampling_rate)

    def finish(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Pad or trim a log-mel spectrogram to the window and normalize it."""
        return self.normalize(pad_or_trim(log_mel, self.max_length, self.padding_value))

    def normalize(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Return (log_mel - mean) / (2 * std), or log_mel itself if do_normalize is off."""
        return (log_mel - self.mean) / (self.std * 2) if self.do_normalize else log_mel

    def denormalize(self, input_values: torch.Tensor) -> torch.Tensor:
        """Undo `normalize`: natural-log energies again."""
        return input_values * (self.std * 2) + self.mean if self.do_normalize else input_values

    def _batch(self, waveforms: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute input_values (batch, max_length, mel_bins) and each sound's frames (batch,)."""
        longest = samples_for(self.max_length, self.sampling_rate)
        waveforms = [waveform[:longest] for waveform in waveforms]
        counts = [frame_count(len(waveform), self.sampling_rate) for waveform in waveforms]
        num_frames = torch.tensor(counts, device=waveforms[0].device)
        batch = torch.nn.utils.rnn.pad_sequence(waveforms, batch_first=True)
        log_mel = pad_or_trim(self.log_mel(batch), self.max_length, self.padding_value)
        beyond = torch.arange(self.max_length, device=log_mel.device) >= num_frames[:, None]
        log_mel = log_mel.masked_fill(beyond[..., None], self.padding_value)
        return self.normalize(log_mel), num_frames


_PARAMETERS = (
    "feature_size",
    "sampling_rate",
    "num_mel_bins",
    "max_length",
    "padding_value",
    "do_normalize",
    "mean",
    "std",
    "return_attention_mask",
)


def _convert(values: torch.Tensor, return_tensors: str | None) -> Any:
    """Return a batch in the asked-for kind of array."""
    if return_tensors == "pt":
        return values
    array = values.cpu().numpy()
    if return_tensors == "np":
        return array
    if return_tensors is None:
        return list(array)
    try:
        import tensorflow
    except ImportError:
        raise ImportError(
            "return_tensors='tf' needs TensorFlow, which is not installed: run "
            "`pip install tensorflow` or use 'pt' or 'np'."
        ) from None
    return tensorflow.convert_to_tensor(array)
