"""From waveform to the model's input, one inspectable stage after the other.

    waveform -> frames -> power -> mel -> log_mel -> normalized (padded to the model's window)

Every stage is a plain function on torch tensors with any leading batch dimensions, on any device.
The numbers are Kaldi's filter-bank features as the authors of AST call them; they were checked
against torchaudio.compliance.kaldi.fbank.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ast_demo.checkpoint import find_checkpoint, save_preprocessor

WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
PREEMPHASIS = 0.97
LOWEST_HZ = 20.0  # lower edge of the first mel filter; the last one ends at half the sampling rate
ENERGY_FLOOR = torch.finfo(torch.float32).eps  # 1.1920929e-07, keeps the logarithm finite

_CHANNELS_AT_MOST = 32  # a (samples, channels) array has few columns, a batch of clips has many
_PCM_DTYPES = {"int16": 2.0**15, "int32": 2.0**31, "uint8": 2.0**7}  # full scale of each


class FrameGeometry(NamedTuple):
    """Lengths in samples at one sampling rate."""

    window_length: int  # 25 ms
    hop_length: int  # 10 ms
    fft_length: int  # window_length rounded up to a power of two


def frame_geometry(sampling_rate: int = 16000) -> FrameGeometry:
    """Return window, hop and FFT length in samples; 400, 160 and 512 at 16 kHz."""
    window_length = int(sampling_rate * WINDOW_SECONDS)
    hop_length = int(sampling_rate * HOP_SECONDS)
    return FrameGeometry(window_length, hop_length, 1 << (window_length - 1).bit_length())


def frame_count(samples: int, sampling_rate: int = 16000) -> int:
    """Count the whole frames in a waveform; a rest shorter than a hop is left out."""
    window_length, hop_length, _ = frame_geometry(sampling_rate)
    return max(0, 1 + (samples - window_length) // hop_length)


def samples_for(frames: int, sampling_rate: int = 16000) -> int:
    """Return the fewest samples that give a count of frames: 164080 for 1024 frames at 16 kHz."""
    window_length, hop_length, _ = frame_geometry(sampling_rate)
    return (frames - 1) * hop_length + window_length


def hertz_to_mel(hertz: float) -> float:
    """Convert a frequency to Kaldi's mel scale."""
    return 1127.0 * math.log(1.0 + hertz / 700.0)


def mel_to_hertz(mel: float) -> float:
    """Convert Kaldi's mel scale to a frequency in Hz."""
    return 700.0 * (math.exp(mel / 1127.0) - 1.0)


def mel_band(
    mel_bin: int, num_mel_bins: int = 128, sampling_rate: int = 16000
) -> tuple[float, float, float]:
    """Return lower edge, centre and upper edge of one mel filter, in Hz."""
    lowest = hertz_to_mel(LOWEST_HZ)
    step = (hertz_to_mel(sampling_rate / 2) - lowest) / (num_mel_bins + 1)
    low, centre, high = (mel_to_hertz(lowest + (mel_bin + edge) * step) for edge in range(3))
    return low, centre, high


@functools.lru_cache(maxsize=8)
def mel_filters(num_mel_bins: int = 128, sampling_rate: int = 16000) -> torch.Tensor:
    """Return the mel filter bank, float32 (num_mel_bins, fft_length // 2 + 1); do not modify it.

    Triangles are linear on the mel axis and keep height 1 (no area normalization). At 16 kHz with
    128 bins, filter 3 (77.8 Hz) lies between two FFT bins and is empty: that mel bin always shows
    the energy floor.

    Source: torchaudio/compliance/kaldi.py, get_mel_banks.
    """
    fft_length = frame_geometry(sampling_rate).fft_length
    lowest = hertz_to_mel(LOWEST_HZ)
    step = (hertz_to_mel(sampling_rate / 2) - lowest) / (num_mel_bins + 1)
    index = torch.arange(num_mel_bins).unsqueeze(1)
    left, centre, right = (lowest + (index + float(edge)) * step for edge in range(3))
    hertz = sampling_rate / fft_length * torch.arange(fft_length // 2)
    mel = 1127.0 * (1.0 + hertz / 700.0).log()
    triangles = torch.minimum((mel - left) / (centre - left), (right - mel) / (right - centre))
    nyquist_column = (0, 1)  # Kaldi leaves the last FFT bin out
    return torch.nn.functional.pad(triangles.clamp(min=0.0), nyquist_column)


@functools.lru_cache(maxsize=8)
def _constants(
    num_mel_bins: int, sampling_rate: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    window = torch.hann_window(frame_geometry(sampling_rate).window_length, periodic=False)
    return window.to(device), mel_filters(num_mel_bins, sampling_rate).T.contiguous().to(device)


def frames(waveform: torch.Tensor, sampling_rate: int = 16000) -> torch.Tensor:
    """Cut a waveform into 25 ms frames, each freed of its mean, pre-emphasized and windowed.

    Args:
        waveform: mono audio, float32 (..., samples), full scale 1.0.
        sampling_rate: rate of waveform in Hz.

    Returns:
        windowed frames, float32 (..., frames, window_length).

    Raises:
        ValueError: if the waveform is shorter than one window.

    Source: torchaudio/compliance/kaldi.py, _get_window with window_type="hanning".
    """
    window_length, hop_length, _ = frame_geometry(sampling_rate)
    if waveform.shape[-1] < window_length:
        raise ValueError(
            f"the waveform has {waveform.shape[-1]} samples "
            f"({1000 * waveform.shape[-1] / sampling_rate:.1f} ms), expected at least "
            f"{window_length} (one 25 ms window at {sampling_rate} Hz): record a longer sound."
        )
    cut = waveform.unfold(-1, window_length, hop_length)
    centred = cut - cut.mean(dim=-1, keepdim=True)
    previous = torch.cat([centred[..., :1], centred[..., :-1]], dim=-1)
    window, _ = _constants(128, sampling_rate, waveform.device)
    return (centred - PREEMPHASIS * previous) * window


def power_spectrum(windowed: torch.Tensor, fft_length: int = 512) -> torch.Tensor:
    """Return the squared magnitude of each frame's FFT: (..., frames, fft_length // 2 + 1)."""
    return torch.fft.rfft(windowed, n=fft_length).abs().square()


def mel_energies(
    power: torch.Tensor, num_mel_bins: int = 128, sampling_rate: int = 16000
) -> torch.Tensor:
    """Sum the power spectrum under each mel filter: (..., frames, num_mel_bins)."""
    _, filters = _constants(num_mel_bins, sampling_rate, power.device)
    return power @ filters


def log_energies(mel: torch.Tensor) -> torch.Tensor:
    """Return the natural logarithm of mel energies, floored at float32's epsilon."""
    return mel.clamp(min=ENERGY_FLOOR).log()


def log_mel_spectrogram(
    waveform: torch.Tensor, num_mel_bins: int = 128, sampling_rate: int = 16000
) -> torch.Tensor:
    """Return log-mel energies of a waveform: natural log, float32 (..., frames, mel_bins)."""
    power = power_spectrum(
        frames(waveform, sampling_rate), frame_geometry(sampling_rate).fft_length
    )
    return log_energies(mel_energies(power, num_mel_bins, sampling_rate))


def pad_or_trim(log_mel: torch.Tensor, max_length: int, padding_value: float = 0.0) -> torch.Tensor:
    """Fit a spectrogram into the model's window: (..., max_length, mel_bins).

    Padding is appended after the sound, in the log domain and before normalization, so it is not
    silence: 0.0 is brighter than most sound.
    """
    missing = max_length - log_mel.shape[-2]
    if missing > 0:
        return torch.nn.functional.pad(log_mel, (0, 0, 0, missing), value=padding_value)
    return log_mel[..., :max_length, :]


@dataclass(frozen=True)
class FeatureStages:
    """Every stage of one sound on its way to the model (shapes without a batch dimension)."""

    frames: torch.Tensor  # (frames, window_length)
    power: torch.Tensor  # (frames, fft_length // 2 + 1)
    mel: torch.Tensor  # (frames, num_mel_bins)
    log_mel: torch.Tensor  # (frames, num_mel_bins)
    normalized: torch.Tensor  # (max_length, num_mel_bins), padded or trimmed: the model's input


class BatchFeature(dict):
    """A dict of arrays whose entries are attributes too, ready for `model(**features)`."""

    def __getattr__(self, name: str):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def to(self, *args, **kwargs) -> BatchFeature:
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
        for name, value, least in (
            ("feature_size", feature_size, 1),
            ("sampling_rate", sampling_rate, 1000),
            ("num_mel_bins", num_mel_bins, 4),
            ("max_length", max_length, 1),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(
                    f"{name} is {value!r}, expected a whole number of at least {least}."
                )
        for name, value in (("padding_value", padding_value), ("mean", mean), ("std", std)):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ValueError(f"{name} is {value!r}, expected a number.")
            if not math.isfinite(value):
                raise ValueError(f"{name} is {value!r}, expected a finite number.")
        if std <= 0:
            raise ValueError(f"std is {std!r}, expected a number above 0.")
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
    def from_dict(cls, values: Mapping) -> ASTFeatureExtractor:
        """Build an extractor from the content of preprocessor_config.json; extra keys are ignored."""
        return cls(**{name: values[name] for name in _PARAMETERS if name in values})

    @classmethod
    def from_pretrained(
        cls, name_or_path: str | Path, revision: str | None = None
    ) -> ASTFeatureExtractor:
        """Load the extractor of a bundled checkpoint, a folder or a Hub repository.

        Raises:
            CheckpointError: if there is no readable preprocessor_config.json.
        """
        return cls.from_dict(find_checkpoint(name_or_path, revision=revision).preprocessor)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write preprocessor_config.json into a folder, which is made if needed."""
        save_preprocessor(folder, self.to_dict())

    def to_dict(self) -> dict:
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
        raw_speech,
        sampling_rate: int | None = None,
        return_tensors: str | None = None,
    ) -> BatchFeature:
        """Compute `input_values` for one or several sounds in a single vectorized pass.

        Args:
            raw_speech: one sound as an array, a tensor or a list of floats; or several as a list
                of those or a 2-D array (batch, samples). Mono, full scale 1.0. Arrays of int16,
                int32 and uint8 are taken as PCM and scaled to full scale 1.0.
            sampling_rate: rate of raw_speech in Hz; a warning is given when it is left out.
            return_tensors: "pt" for a tensor (on the device of the input), "np" for an array,
                "tf" for a TensorFlow tensor, None for a list with one array per sound.

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
        elif sampling_rate != self.sampling_rate:
            raise ValueError(
                f"the sound has {sampling_rate} Hz, expected {self.sampling_rate} Hz: resample it "
                "first, for example with ast_demo.load_audio."
            )
        waveforms = [self._waveform(sound) for sound in _as_list(raw_speech)]
        input_values, num_frames = self._batch(waveforms)
        features = {"input_values": input_values}
        if self.return_attention_mask:
            position = torch.arange(self.max_length, device=input_values.device)
            features["attention_mask"] = (position < num_frames[:, None]).to(torch.int32)
        return BatchFeature({k: _convert(v, return_tensors) for k, v in features.items()})

    def stages(self, waveform, sampling_rate: int | None = None) -> FeatureStages:
        """Return every stage of one sound, for looking at; the last one equals `input_values[0]`.

        Args:
            waveform: mono audio as an array, tensor or list, full scale 1.0.
            sampling_rate: rate of waveform in Hz; the extractor's own when left out.

        Raises:
            ValueError: as for calling the extractor.
        """
        if sampling_rate not in (None, self.sampling_rate):
            raise ValueError(f"the sound has {sampling_rate} Hz, expected {self.sampling_rate} Hz.")
        samples = self._waveform(waveform)
        windowed = frames(samples, self.sampling_rate)
        power = power_spectrum(windowed, frame_geometry(self.sampling_rate).fft_length)
        mel = mel_energies(power, self.num_mel_bins, self.sampling_rate)
        log_mel = log_energies(mel)
        return FeatureStages(windowed, power, mel, log_mel, self.finish(log_mel))

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

    def _waveform(self, sound) -> torch.Tensor:
        """Check one sound and return it as float32 (samples,)."""
        waveform = _to_tensor(sound)
        if waveform.ndim == 2 and 1 in waveform.shape:
            waveform = waveform.flatten()
        if waveform.ndim != 1:
            raise ValueError(
                f"the sound has shape {tuple(waveform.shape)}, expected mono (samples,): average "
                "the channels first."
            )
        waveform = waveform.to(torch.float32)
        window_length = frame_geometry(self.sampling_rate).window_length
        if len(waveform) < window_length:
            raise ValueError(
                f"the sound has {len(waveform)} samples, expected at least {window_length} (one "
                f"25 ms window at {self.sampling_rate} Hz); if it is (samples, channels), average "
                "the channels first."
            )
        if not torch.isfinite(waveform).all():
            first = int((~torch.isfinite(waveform)).nonzero()[0])
            raise ValueError(
                f"the sound holds {float(waveform[first])} at sample {first}, expected finite "
                "numbers: repair or cut the recording."
            )
        return waveform


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


def _as_list(raw_speech) -> list:
    """Split the input into single sounds."""
    if isinstance(raw_speech, (np.ndarray, torch.Tensor)):
        if raw_speech.ndim == 2:
            return list(_batch_rows(raw_speech))
        return [raw_speech]
    if not isinstance(raw_speech, Sequence) or isinstance(raw_speech, (str, bytes)):
        raise ValueError(
            f"the sound is a {type(raw_speech).__name__}, expected an array, a tensor or a list."
        )
    if len(raw_speech) == 0:
        raise ValueError("the sound is an empty list, expected at least 400 samples.")
    if isinstance(raw_speech[0], (np.ndarray, torch.Tensor, list, tuple)):
        scalar = isinstance(raw_speech[0], (np.ndarray, torch.Tensor)) and raw_speech[0].ndim == 0
        return [raw_speech] if scalar else list(raw_speech)
    return [raw_speech]


def _batch_rows(array):
    """Return the rows of a (batch, samples) array, refusing what looks like (samples, channels)."""
    rows, columns = array.shape
    if columns <= _CHANNELS_AT_MOST < rows:
        raise ValueError(
            f"the sound has shape {tuple(array.shape)}, which looks like (samples, channels): "
            "expected mono (samples,) or a batch (batch, samples); average the channels first."
        )
    return array


def _to_tensor(sound) -> torch.Tensor:
    """Return a tensor of one sound; PCM integers are scaled to full scale 1.0."""
    if not torch.is_tensor(sound):
        try:
            sound = np.asarray(sound)
            if sound.dtype == np.float64 or sound.dtype == np.float16:
                sound = sound.astype(np.float32)
            sound = torch.from_numpy(np.ascontiguousarray(sound))
        except (TypeError, ValueError) as error:
            raise ValueError(f"the sound is no array of numbers ({error}).") from None
    sound = sound.detach()
    if sound.is_floating_point():
        return sound
    dtype = str(sound.dtype).removeprefix("torch.")
    if dtype not in _PCM_DTYPES:
        raise ValueError(
            f"the sound holds {dtype} values, expected floats with full scale 1.0 or PCM as "
            f"{', '.join(_PCM_DTYPES)}: divide by the full scale first."
        )
    full_scale = _PCM_DTYPES[dtype]
    offset = full_scale if dtype == "uint8" else 0.0
    return (sound.to(torch.float64) - offset).div(full_scale).to(torch.float32)


def _convert(values: torch.Tensor, return_tensors: str | None):
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
