"""One object that owns a model: waveform in, scores and explanations out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ast_demo.attention import (
    attention_rows,
    patch_values,
    pooled_attention,
    relevance,
    rollout,
    special_share,
    token_start,
)
from ast_demo.audio import Audio, prepare_waveform
from ast_demo.checkpoint import Checkpoint, find_checkpoint, parse_dtype
from ast_demo.config import ASTConfig
from ast_demo.features import ASTFeatureExtractor, frame_count, samples_for
from ast_demo.model import ASTForAudioClassification, AttentionTrace
from ast_demo.patches import PatchGrid

if TYPE_CHECKING:
    from ast_demo.sliding import Progress
    from ast_demo.timeline import Timeline

DEFAULT_MODEL = "everyday-sounds"
AUDIOSET_LABELS = 527  # its checkpoints state no problem_type, but were trained with sigmoid
BFLOAT16_GAIN = 1.3  # how much faster bfloat16 must measure before it replaces float32 on a CPU


@dataclass
class Prediction:
    """Scores of one sound.

    `scores` maps label to score, highest first. `rule` says how logits became scores: "sigmoid"
    (labels are independent), "softmax" (labels exclude each other) or "linear" (regression).
    `notes` tell what was done to the sound, `timings` the milliseconds of each stage.
    """

    scores: dict[str, float]
    rule: str
    notes: tuple[str, ...]
    timings: dict[str, float]

    def top(self, k: int = 5) -> list[tuple[str, float]]:
        """Return the k labels with the highest scores."""
        return list(self.scores.items())[:k]


@dataclass
class Explanation(Prediction):
    """A prediction with the model's input and where the model looked.

    Maps are float32 (freq_patches, time_patches), row 0 the lowest band, and hold each patch's
    share: a whole map plus the share on the special tokens sums to 1 (relevance aside).
    """

    seconds: float  # length of the whole sound
    waveform: np.ndarray  # the part inside the window, float32 (samples,) at the model's rate
    log_mel: np.ndarray  # (num_frames, num_mel_bins), natural log
    input_values: np.ndarray  # (max_length, num_mel_bins), padded and normalized
    num_frames: int  # frames of sound inside the window
    grid: PatchGrid
    rollout: np.ndarray  # (freq_patches, time_patches)
    special_share: float  # part of the rollout that stays on CLS and distillation
    classifier: AudioClassifier = field(repr=False)
    traces: tuple[AttentionTrace, ...] = field(repr=False)

    def attention(
        self, layer: int, head: int | None = None, token: str | int = "pooled"
    ) -> np.ndarray:
        """Return what a token attended to in one layer.

        Args:
            layer: from 0.
            head: from 0, or None for the mean of the heads.
            token: "pooled" for the mean of CLS and distillation, or a token number.

        Raises:
            ValueError: if there is no such layer, head or token.
        """
        tokens = self.attention_tokens(layer, token)
        heads = len(tokens)
        if head is not None and not 0 <= head < heads:
            raise ValueError(f"head is {head!r}, expected 0 to {heads - 1} or None for their mean.")
        return self.on_grid(tokens.mean(0) if head is None else tokens[head])

    def attention_tokens(self, layer: int, token: str | int = "pooled") -> torch.Tensor:
        """Return attention over all tokens, special ones included: (heads, tokens)."""
        if not 0 <= layer < len(self.traces):
            raise ValueError(f"layer is {layer!r}, expected 0 to {len(self.traces) - 1}.")
        if token == "pooled":
            return pooled_attention(self.traces[layer])[0]
        self._check_token(token)
        return attention_rows(self._trace(layer, token), [token])[0, :, 0]

    def rollout_from(self, token: int) -> np.ndarray:
        """Return the attention rollout of one token's output instead of the pooled output's."""
        self._check_token(token)
        self._trace(len(self.traces) - 1, token)
        return self.on_grid(rollout(self.traces, token_start(self.traces[-1], token))[0])

    def relevance(self, label: str) -> np.ndarray:
        """Return how much each patch spoke for a label.

        Raises:
            ValueError: if the model has no such label.
        """
        return self.on_grid(self.relevance_tokens(label))

    def relevance_tokens(self, label: str) -> torch.Tensor:
        """Return the relevance of every token for a label, special ones included: (tokens,)."""
        owner = self.classifier
        index = owner.label_index(label)
        batch = torch.from_numpy(self.input_values).unsqueeze(0).to(owner.device)
        return relevance(owner.model, batch, index)[0]

    def on_grid(self, tokens: torch.Tensor) -> np.ndarray:
        """Arrange a map over tokens, (tokens,), as (freq_patches, time_patches)."""
        shape = (self.grid.freq_patches, self.grid.time_patches)
        return patch_values(tokens).float().cpu().numpy().reshape(shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the kept queries, keys and arrays hold, for a cache that counts."""
        kept = sum(t.nbytes for trace in self.traces for t in (trace.queries, trace.keys))
        return kept + self.log_mel.nbytes + self.input_values.nbytes + self.waveform.nbytes

    def _check_token(self, token) -> None:
        if isinstance(token, bool) or not isinstance(token, int):
            raise ValueError(f"token is {token!r}, expected 'pooled' or a token number.")
        if not 0 <= token < self.grid.num_tokens:
            raise ValueError(f"token is {token}, expected 0 to {self.grid.num_tokens - 1}.")

    def _trace(self, layer: int, token: int) -> AttentionTrace:
        """Return a layer's trace; the last layer runs in full when first asked for more."""
        if token >= self.traces[layer].queries.shape[2]:
            batch = torch.from_numpy(self.input_values).unsqueeze(0)
            self.traces = self.classifier.encode(batch, pooled_only=False)[1]
        return self.traces[layer]


class AudioClassifier:
    """Own a model on a device: classify, explain and embed sounds.

    Build it with `AudioClassifier.load`. Attributes: `model`, `extractor`, `grid`, `config`,
    `checkpoint`, `device`, `dtype`, `labels` (in output order) and `rule`.
    """

    def __init__(
        self,
        model: ASTForAudioClassification,
        extractor: ASTFeatureExtractor,
        checkpoint: Checkpoint | None = None,
    ):
        self.model = model.eval().requires_grad_(False)
        self.extractor = extractor
        self.checkpoint = checkpoint
        self.config = model.config
        self.grid = PatchGrid.from_config(model.config, extractor.sampling_rate)
        self.labels = list(model.config.id2label.values())
        self.rule = score_rule(model.config)

    @classmethod
    def load(
        cls,
        name: str | Path = DEFAULT_MODEL,
        device: str | torch.device = "auto",
        dtype: str | torch.dtype = "auto",
        revision: str | None = None,
        attn_implementation: str = "sdpa",
    ) -> AudioClassifier:
        """Load a checkpoint and decide device and dtype once.

        Args:
            name: a bundled name, a folder, a weights file or a Hub id.
            device: "auto" takes CUDA if there is one, else the CPU.
            dtype: "auto" is float16 on CUDA, and on a CPU bfloat16 where that measures faster,
                else float32.
            revision: branch, tag or commit of a Hub repository.
            attn_implementation: "sdpa" or "eager".

        Raises:
            CheckpointError: if the checkpoint cannot be found, read or fitted.
            ValueError: for an unknown device or dtype.
        """
        device = choose_device(device)
        dtype = choose_dtype(dtype, device)
        checkpoint = find_checkpoint(name, revision=revision)
        model = ASTForAudioClassification.from_checkpoint(checkpoint, dtype, attn_implementation)
        extractor = ASTFeatureExtractor.from_dict(checkpoint.preprocessor)
        return cls(model.to(device), extractor, checkpoint)

    @property
    def device(self) -> torch.device:
        """Device that the model runs on."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """Dtype of the weights; features stay float32."""
        return self.model.dtype

    @property
    def window_seconds(self) -> float:
        """Seconds of sound that fill the model's window."""
        rate = self.extractor.sampling_rate
        return samples_for(self.extractor.max_length, rate) / rate

    def label_index(self, label: str) -> int:
        """Return the output index of a label.

        Raises:
            ValueError: if the model has no such label.
        """
        if label not in self.labels:
            raise ValueError(
                f"the model has no label {label!r}, expected one of its {len(self.labels)} labels "
                f"such as {', '.join(self.labels[:3])}."
            )
        return self.labels.index(label)

    def classify(self, waveform: np.ndarray | Audio, sampling_rate: int = 16000) -> Prediction:
        """Score one sound; what exceeds the model's window is left out, and a note says so.

        Args:
            waveform: mono audio, float32 (samples,), full scale 1.0; integer PCM and
                (samples, channels) are converted, any rate is resampled. Or an `Audio`.
            sampling_rate: rate of waveform in Hz; an `Audio` brings its own.

        Raises:
            AudioError: if the sound is too short, not finite or has an unusable rate or shape.
        """
        return self.classify_batch([waveform], sampling_rate)[0]

    def classify_batch(
        self, waveforms: Sequence[np.ndarray | Audio], sampling_rate: int = 16000
    ) -> list[Prediction]:
        """Score several sounds in one pass; timings are those of the whole batch."""
        sounds = [self._prepare(waveform, sampling_rate) for waveform in waveforms]
        watch = Stopwatch(self.device)
        batch = self._input_values(sounds)
        watch.lap("features")
        with torch.inference_mode():
            logits = self.model(batch).logits
            scores = self.scores_of(logits)
        watch.lap("model")
        return [
            Prediction(self._ranked(row), self.rule, self._notes(sound), watch.laps)
            for row, sound in zip(scores, sounds)
        ]

    def explain(self, waveform: np.ndarray | Audio, sampling_rate: int = 16000) -> Explanation:
        """Score one sound and keep what tells where the model looked.

        Args:
            waveform: as for `classify`.
            sampling_rate: rate of waveform in Hz.

        Raises:
            AudioError: as for `classify`.
        """
        sound = self._prepare(waveform, sampling_rate)
        watch = Stopwatch(self.device)
        extractor = self.extractor
        inside = sound.waveform[: samples_for(extractor.max_length, extractor.sampling_rate)]
        stages = extractor.stages(torch.from_numpy(inside).to(self.device))
        log_mel, input_values = stages.log_mel, stages.normalized
        watch.lap("features")
        logits, traces = self.encode(input_values.unsqueeze(0))
        scores = self.scores_of(logits)
        watch.lap("model")
        with torch.inference_mode():
            tokens = rollout(traces)
        watch.lap("rollout")
        explanation = Explanation(
            scores=self._ranked(scores[0]),
            rule=self.rule,
            notes=self._notes(sound),
            timings=watch.laps,
            seconds=len(sound.waveform) / sound.sampling_rate,
            waveform=inside,
            log_mel=log_mel.cpu().numpy(),
            input_values=input_values.cpu().numpy(),
            num_frames=len(log_mel),
            grid=self.grid,
            rollout=np.empty(0),
            special_share=float(special_share(tokens)[0]),
            classifier=self,
            traces=traces,
        )
        explanation.rollout = explanation.on_grid(tokens[0])
        return explanation

    def timeline(
        self,
        waveform: np.ndarray | Audio | str | Path,
        sampling_rate: int = 16000,
        hop_seconds: float | None = None,
        progress: Progress | None = None,
    ) -> Timeline:
        """Slide the window over a sound of any length, in memory that does not grow with it.

        Args:
            waveform: as for `classify`, or the path of a file, which is then read in blocks.
            sampling_rate: rate of waveform in Hz; an `Audio` or a file brings its own.
            hop_seconds: from one window to the next; half a window by default.
            progress: called with the seconds done and, if known, in all; raise from it to stop.

        Raises:
            AudioError: if nothing of the sound can be read.
            ValueError: for a hop shorter than a frame.
        """
        from ast_demo.sliding import compute_timeline

        return compute_timeline(
            self, waveform, progress, sampling_rate=sampling_rate, hop_seconds=hop_seconds
        )

    def embed(self, waveform: np.ndarray | Audio, sampling_rate: int = 16000) -> np.ndarray:
        """Return the pooled vector of one sound: float32 (hidden_size,).

        Raises:
            AudioError: as for `classify`.
        """
        batch = self._input_values([self._prepare(waveform, sampling_rate)])
        with torch.inference_mode():
            encoding = self.model.audio_spectrogram_transformer.encode(batch, pooled_only=True)
        return encoding.pooled[0].float().cpu().numpy()

    def encode(
        self, input_values: torch.Tensor, pooled_only: bool = True
    ) -> tuple[torch.Tensor, tuple[AttentionTrace, ...]]:
        """Return logits (batch, labels) and every layer's trace; values are not kept."""
        with torch.inference_mode():
            encoding = self.model.audio_spectrogram_transformer.encode(
                input_values.to(self.device), pooled_only=pooled_only, keep_traces=True
            )
            logits = self.model.classifier(encoding.pooled)
        empty = torch.empty(0)
        traces = tuple(trace._replace(values=empty, context=empty) for trace in encoding.traces)
        return logits, traces

    def scores_of(self, logits: torch.Tensor) -> np.ndarray:
        """Turn logits (batch, labels) into scores, float32, by the model's rule."""
        logits = logits.float()
        if self.rule == "sigmoid":
            logits = logits.sigmoid()
        elif self.rule == "softmax":
            logits = logits.softmax(-1)
        return logits.cpu().numpy()

    def _prepare(self, waveform: np.ndarray | Audio, sampling_rate: int) -> Audio:
        rate = self.extractor.sampling_rate
        if isinstance(waveform, Audio) and waveform.sampling_rate == rate:
            return waveform
        if isinstance(waveform, Audio):
            prepared = prepare_waveform(waveform.waveform, waveform.sampling_rate, rate)
            return Audio(prepared.waveform, rate, (*waveform.notes, *prepared.notes))
        return prepare_waveform(waveform, sampling_rate, rate)

    def _input_values(self, sounds: Sequence[Audio]) -> torch.Tensor:
        tensors = [torch.from_numpy(sound.waveform).to(self.device) for sound in sounds]
        rate = self.extractor.sampling_rate
        return self.extractor(tensors, sampling_rate=rate, return_tensors="pt").input_values

    def _ranked(self, scores: np.ndarray) -> dict[str, float]:
        order = np.argsort(-scores, kind="stable")
        return {self.labels[index]: float(scores[index]) for index in order}

    def _notes(self, sound: Audio) -> tuple[str, ...]:
        """Add to the sound's notes what the window does to it."""
        seconds = len(sound.waveform) / sound.sampling_rate
        num_frames = frame_count(len(sound.waveform), sound.sampling_rate)
        if num_frames > self.extractor.max_length:
            cut = f"{seconds:.2f} s long, the first {self.window_seconds:.2f} s are used"
            return (*sound.notes, cut)
        if num_frames < self.extractor.max_length:
            padded = f"{seconds:.2f} s long, padded to the window of {self.window_seconds:.2f} s"
            return (*sound.notes, padded)
        return sound.notes


class Stopwatch:
    """Measure the milliseconds of stages, waiting for the GPU where there is one."""

    def __init__(self, device: torch.device):
        self._device = device
        self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Book the time since the last lap on a stage."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.laps[stage] = 1000 * (now - self._last)
        self._last = now


def score_rule(config: ASTConfig) -> str:
    """Return how logits become scores: "sigmoid", "softmax" or "linear"."""
    if config.problem_type == "regression" or config.num_labels == 1:
        return "linear"
    if config.problem_type == "multi_label_classification":
        return "sigmoid"
    if config.problem_type is None and config.num_labels == AUDIOSET_LABELS:
        return "sigmoid"
    return "softmax"


def choose_device(device: str | torch.device = "auto") -> torch.device:
    """Return CUDA if there is one, else the CPU; or the device asked for.

    Raises:
        ValueError: if the name means no device of this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError) as error:  # CUDA-less builds of torch assert
        raise ValueError(
            f"device is {device!r}, which this machine does not have: use 'auto' or 'cpu'."
        ) from error
    return chosen


def choose_dtype(dtype: str | torch.dtype, device: torch.device) -> torch.dtype:
    """Return float16 on CUDA, the faster of bfloat16 and float32 on a CPU; or the dtype asked for.

    Raises:
        ValueError: if the name means no floating-point dtype.
    """
    if dtype != "auto":
        return parse_dtype(dtype)
    if device.type == "cuda":
        return torch.float16
    if device.type == "cpu" and bfloat16_gain() >= BFLOAT16_GAIN:
        return torch.bfloat16
    return torch.float32


def bfloat16_gain(repeats: int = 5) -> float:
    """Measure how many times faster a matrix product of an AST's size is in bfloat16 here."""

    def seconds(dtype: torch.dtype) -> float:
        left, right = torch.ones(256, 768, dtype=dtype), torch.ones(768, 768, dtype=dtype)
        left @ right  # the first product of a dtype sets its kernels up
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            left @ right
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    return seconds(torch.float32) / seconds(torch.bfloat16)
