"""Measure how much of a teacher's map a run misses, on clips it has heard and on others.

    python -m tests.measurements.teacher_gap RUN --data clips.csv clips2.csv \\
        --soft-targets teacher.npz --only esc50/

Reads the running mean of the weights from the last state of the run, lets them hear the beginning
of clips of either split as they are, with every patch, and prints the error at the patches as a
share of the map's variance, and that of a clip's mean as a share of what the means vary by. Little
between the two splits says that a student lacks size or time, much that it lacks sound.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from ast_demo.audio.load import load_audio
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.features.patches import PatchGrid
from ast_demo.features.spectrogram import log_mel_spectrogram
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.crops import encode_crops
from ast_demo.training.data.batch import Batch
from ast_demo.training.data.clips import Clip
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.distillation.soft_targets import SoftTargets
from ast_demo.training.losses import dense_errors
from ast_demo.training.run_state import load_state

AT_ONCE = 16  # clips


def main() -> None:
    """Hear clips of both splits and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="folder of a run with soft targets")
    parser.add_argument("--data", nargs="+", required=True, help="as for `train`")
    parser.add_argument("--soft-targets", nargs="+", required=True, help="as for `train`")
    parser.add_argument("--only", default="", help="clips whose file name begins so")
    parser.add_argument("--count", type=int, default=256, help="clips of each split at most")
    options = parser.parse_args()
    network = last_network(options.run)
    extractor = ASTFeatureExtractor.from_pretrained(options.run)
    print("| split | clips | missed at the patches | missed of the mean |")
    print("|---|---|---|---|")
    for split in ("train", "validation"):
        clips = read_datasets(options.data).split(split)
        clips = [clip for clip in clips if clip.name.startswith(options.only)]
        clips = random.Random(0).sample(clips, min(options.count, len(clips)))
        teacher = SoftTargets.load(options.soft_targets, [clip.name for clip in clips])
        patches, mean = missed(network, extractor, clips, teacher)
        print(f"| {split} | {len(clips)} | {patches:.1%} | {mean:.1%} |")


def last_network(run: Path) -> nn.ModuleDict:
    """Return the model of a run and its heads "map" and "mean", with the mean of their weights."""
    state = load_state(run, None)
    if state is None or "map.weight" not in state["average"]:
        raise SystemExit(f"{run} holds no state of a run with soft targets.")
    weights = state["average"]
    coordinates, width = weights["map.weight"].shape
    model = ASTForAudioClassification.from_pretrained(run)
    heads = {name: nn.Linear(width, coordinates) for name in ("map", "mean")}
    network = nn.ModuleDict({"model": model, **heads})
    network.load_state_dict(weights)
    return network.eval()


@torch.inference_mode()
def missed(
    network: nn.ModuleDict,
    extractor: ASTFeatureExtractor,
    clips: Sequence[Clip],
    teacher: SoftTargets,
) -> tuple[float, float]:
    """Return the errors at the patches and of the mean, as shares of what each varies by."""
    encoder = network["model"].audio_spectrogram_transformer
    window = PatchGrid.from_config(network["model"].config)
    frames = torch.zeros(len(clips), dtype=torch.int64)
    errors = torch.zeros(2)
    for first in range(0, len(clips), AT_ONCE):
        some = range(first, min(first + AT_ONCE, len(clips)))
        log_mel = torch.zeros(len(some), window.max_length, encoder.config.num_mel_bins)
        for row, number in enumerate(some):
            sound = log_mel_spectrogram(torch.from_numpy(load_audio(clips[number].file).waveform))
            frames[number] = len(sound)
            log_mel[row, : len(sound)] = sound[: window.max_length]
        encoded = encode_crops(encoder, extractor.normalize(log_mel))
        count = len(some)
        batch = Batch(
            log_mel=log_mel,
            targets=torch.zeros(count, 1),
            weight=torch.ones(count),
            clips=torch.tensor(some),
            first_frames=torch.zeros(count, dtype=torch.int64),
            partners=torch.full((count,), -1),
            asked=torch.ones(count),
            partner_frames=torch.zeros(count, 2, dtype=torch.int64),
        )
        found = dense_errors(network, encoded, batch, teacher, frames, window)
        errors += count * torch.stack([found.patches, found.mean])
    patches, mean = (errors / len(clips)).tolist()
    return patches, mean * teacher.variance / teacher.means().var(dim=0).sum().item()


if __name__ == "__main__":
    main()
