"""One object that owns a model: waveform in, scores and explanations out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import Audio, load_sound
from ast_demo.checkpoint.checkpoint import find_checkpoint
from ast_demo.checkpoint.locate import DEFAULT_MODEL
from ast_demo.explain.attention_maps import (
    RolloutStep,
    on_grid,
    rollout,
    rollout_step_triton,
    special_share,
)
from ast_demo.explain.explanation import Explanation, Prediction
from ast_demo.features.extractor import ASTFeatureExtractor, frame_count, samples_for
from ast_demo.model.attention import AttentionTrace
from ast_demo.model.cuda_graphs import GraphedFunction, use_cuda_graphs
from ast_demo.model.device import (
    Stopwatch,
    choose_device,
    choose_dtype,
    keep_freed_memory,
    placement_reason,
)
from ast_demo.model.predictor import Predictor
from ast_demo.model.quantization import quantize
from ast_demo.model.transformer import ASTForAudioClassification

if TYPE_CHECKING:
    from ast_demo.timeline.sliding_window import Progress
    from ast_demo.timeline.timeline import Timeline


class AudioClassifier(Predictor):
    """Own a model on a device: classify, explain and embed sounds.

    Build it with `AudioClassifier.load`. Attributes: `model`, `extractor`, `grid`, `config`,
    `checkpoint`, `device`, `dtype`, `placement` (why there), `labels` (in output order) and `rule`.
    """

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
                else float32; "int8", on a CPU, is for processors that are slow in bfloat16.
            revision: branch, tag or commit of a Hub repository.
            attn_implementation: "sdpa" or "eager".

        Raises:
            CheckpointError: if the checkpoint cannot be found, read or fitted.
            ValueError: for a device or dtype that is unknown, or not to be had here.
        """
        asked = device, dtype
        device = choose_device(device)
        dtype = choose_dtype(dtype, device)
        checkpoint = find_checkpoint(name, revision=revision)
        stored = torch.float32 if dtype == torch.int8 else dtype
        model = ASTForAudioClassification.from_checkpoint(checkpoint, stored, attn_implementation)
        if dtype == torch.int8:
            quantize(model)
        extractor = ASTFeatureExtractor.from_dict(checkpoint.preprocessor)
        classifier = cls(model.to(device), extractor, checkpoint)
        classifier.placement = placement_reason(asked[0], device, asked[1], dtype)
        keep_freed_memory()
        return classifier

    def warm_up(self) -> None:
        """Run the model on nothing, so that the first sound does not wait for set-up."""
        silence = torch.zeros(1, self.config.max_length, self.config.num_mel_bins)
        self.logits_and_rollout(silence)
        if use_cuda_graphs(self.device):  # what comes for the second time is captured
            self.logits_and_rollout(silence)
            self.logits(silence)
            self.logits(silence)

    def classify(self, waveform: Any, sampling_rate: int = 16000) -> Prediction:
        """Score one sound; what exceeds the model's window is left out, and a note says so.

        Args:
            waveform: mono audio, float32 (samples,), full scale 1.0; integer PCM and
                (samples, channels) are converted, any rate is resampled. Or an `Audio`, a path, an
                open file, the bytes of one, or {"array": ..., "sampling_rate": ...}.
            sampling_rate: rate of samples in Hz that bring none.

        Raises:
            AudioError: if the sound is too short, not finite or has an unusable rate or shape.
        """
        return self.classify_batch([waveform], sampling_rate)[0]

    def classify_batch(
        self, waveforms: Sequence[Any], sampling_rate: int = 16000
    ) -> list[Prediction]:
        """Score several sounds, as many at a time as is fast; timings are those of all of them."""
        if not isinstance(waveforms, Iterable) or isinstance(waveforms, (str, bytes, Mapping)):
            raise AudioError(
                f"the sounds are given as {type(waveforms).__name__}, expected a list of sounds: "
                "one alone goes to classify."
            )
        sounds = [self._prepare(waveform, sampling_rate) for waveform in waveforms]
        if not sounds:
            return []
        watch = Stopwatch(self.device)
        batch = self._input_values(sounds)
        watch.lap("features")
        scores = self.scores_of(self.logits(batch))
        watch.lap("model")
        return [
            Prediction(
                self._ranked(row),
                self.rule,
                self._notes(sound),
                watch.laps,
                self.config.abstention_threshold,
            )
            for row, sound in zip(scores, sounds)
        ]

    def explain(self, waveform: Any, sampling_rate: int = 16000) -> Explanation:
        """Score one sound and keep what tells where the model looked.

        Args:
            waveform: as for `classify`.
            sampling_rate: rate of waveform in Hz.

        Raises:
            AudioError: as for `classify`.
        """
        sound = self._prepare(waveform, sampling_rate)
        watch = Stopwatch(self.device)
        inside = self._inside(sound)
        stages = self.extractor.stages(torch.from_numpy(inside).to(self.device))
        log_mel, input_values = stages.log_mel, stages.normalized
        del stages  # the model need not carry frames and power spectra along
        watch.lap("features")
        logits, traces, tokens = self.logits_and_rollout(input_values.unsqueeze(0), watch.lap)
        scores = self.scores_of(logits)
        return Explanation(
            scores=self._ranked(scores[0]),
            rule=self.rule,
            notes=self._notes(sound),
            timings=watch.laps,
            threshold=self.config.abstention_threshold,
            seconds=len(sound.waveform) / sound.sampling_rate,
            waveform=inside,
            log_mel=log_mel.cpu().numpy(),
            input_values=input_values.cpu().numpy(),
            num_frames=len(log_mel),
            grid=self.grid,
            rollout=on_grid(tokens[0], self.grid),
            special_share=float(special_share(tokens)[0]),
            classifier=self,
            traces=traces,
        )

    def timeline(
        self,
        waveform: Any,
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
        from ast_demo.timeline.sliding_window import compute_timeline

        return compute_timeline(
            self, waveform, progress, sampling_rate=sampling_rate, hop_seconds=hop_seconds
        )

    def embed(self, waveform: Any, sampling_rate: int = 16000) -> np.ndarray:
        """Return the pooled vector of one sound: float32 (hidden_size,).

        Raises:
            AudioError: as for `classify`.
        """
        batch = self._input_values([self._prepare(waveform, sampling_rate)])
        with torch.inference_mode():
            encoding = self.model.audio_spectrogram_transformer.encode(batch, pooled_only=True)
        return encoding.pooled[0].float().cpu().numpy()

    def logits_and_rollout(
        self, input_values: torch.Tensor, lap: Callable[[str], None] | None = None
    ) -> tuple[torch.Tensor, tuple[AttentionTrace, ...], torch.Tensor]:
        """Return logits, every layer's queries and keys, and the rollout of the pooled output.

        Args:
            input_values: normalized log-mel, (batch, max_length, num_mel_bins).
            lap: called after each stage with "model" and "rollout"; where both are one CUDA graph,
                with "model" alone.

        Returns:
            logits (batch, labels), one trace a layer, rollout (batch, tokens).
        """
        lap = lap or (lambda stage: None)
        with torch.inference_mode():
            if use_cuda_graphs(self.device):
                found = self._graphed_rollout(input_values.to(self.device))
                lap("model")
                return found
            logits, traces = self.logits_and_traces(input_values)
            lap("model")
            tokens = rollout(traces)
            lap("rollout")
        return logits, traces, tokens

    @functools.cached_property
    def _graphed_rollout(self) -> GraphedFunction:
        def plain(batch: torch.Tensor, step: RolloutStep | None = None) -> tuple[Any, ...]:
            logits, traces = self.logits_and_traces(batch)
            return logits, traces, rollout(traces, step=step)

        fused = functools.partial(plain, step=rollout_step_triton)
        return GraphedFunction(plain, self.model.parameters(), variants=(fused,))

    def _prepare(self, sound: Any, sampling_rate: int) -> Audio:
        return load_sound(sound, sampling_rate, self.extractor.sampling_rate)

    def _inside(self, sound: Audio) -> np.ndarray:
        """Return what the window holds of a sound: a copy, since the sound may be the caller's."""
        longest = samples_for(self.extractor.max_length, self.extractor.sampling_rate)
        return sound.waveform[:longest].copy()

    def _input_values(self, sounds: Sequence[Audio]) -> torch.Tensor:
        tensors = [torch.from_numpy(self._inside(sound)).to(self.device) for sound in sounds]
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
