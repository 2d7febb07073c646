"""One object that owns a model: waveform in, scores and explanations out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ast_demo.attention import rollout, special_share
from ast_demo.audio import Audio, prepare_waveform
from ast_demo.checkpoint import Checkpoint, find_checkpoint
from ast_demo.config import ASTConfig
from ast_demo.device import Stopwatch, choose_device, choose_dtype, placement_reason
from ast_demo.explanation import Explanation, Prediction
from ast_demo.features import ASTFeatureExtractor, frame_count, samples_for
from ast_demo.model import ASTForAudioClassification, AttentionTrace
from ast_demo.patches import PatchGrid

if TYPE_CHECKING:
    from ast_demo.sliding import Progress
    from ast_demo.timeline import Timeline

DEFAULT_MODEL = "everyday-sounds"
AUDIOSET_LABELS = 527  # its checkpoints state no problem_type, but were trained with sigmoid


class AudioClassifier:
    """Own a model on a device: classify, explain and embed sounds.

    Build it with `AudioClassifier.load`. Attributes: `model`, `extractor`, `grid`, `config`,
    `checkpoint`, `device`, `dtype`, `placement` (why there), `labels` (in output order) and `rule`.
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
        self.placement = "where the model was put"
        self.config = model.config
        self.grid = PatchGrid.from_config(model.config, extractor.sampling_rate)
        self.labels = distinct(model.config.id2label.values())
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
        asked = device, dtype
        device = choose_device(device)
        dtype = choose_dtype(dtype, device)
        checkpoint = find_checkpoint(name, revision=revision)
        model = ASTForAudioClassification.from_checkpoint(checkpoint, dtype, attn_implementation)
        extractor = ASTFeatureExtractor.from_dict(checkpoint.preprocessor)
        classifier = cls(model.to(device), extractor, checkpoint)
        classifier.placement = placement_reason(asked[0], device, asked[1], dtype)
        return classifier

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

    def warm_up(self) -> None:
        """Run the model once on nothing, so that the first sound does not wait for set-up."""
        self.encode(torch.zeros(1, self.config.max_length, self.config.num_mel_bins))

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
        """Return logits (batch, labels) and every layer's queries and keys."""
        with torch.inference_mode():
            encoding = self.model.audio_spectrogram_transformer.encode(
                input_values.to(self.device), pooled_only=pooled_only, keep_traces=True
            )
            logits = self.model.classifier(encoding.pooled)
        return logits, encoding.traces

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


def score_rule(config: ASTConfig) -> str:
    """Return how logits become scores: "sigmoid", "softmax" or "linear"."""
    if config.problem_type == "regression" or config.num_labels == 1:
        return "linear"
    if config.problem_type == "multi_label_classification":
        return "sigmoid"
    if config.problem_type is None and config.num_labels == AUDIOSET_LABELS:
        return "sigmoid"
    return "softmax"


def distinct(labels: Iterable[str]) -> list[str]:
    """Number repeated labels, which checkpoints may have but a dict of scores cannot hold."""
    found: list[str] = []
    for label in labels:
        repeat = 2
        unique = label
        while unique in found:
            unique = f"{label} ({repeat})"
            repeat += 1
        found.append(unique)
    return found
