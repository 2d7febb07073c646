"""A tiny AST that truly tells three sounds apart, and recordings with those sounds.

The trained model lies in listening_model/ beside this file;
`python -m tests.helpers.listening_model` makes it anew, in a few minutes on one core.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor, samples_for
from ast_demo.model.transformer import ASTForAudioClassification

LISTENER = Path(__file__).with_name("listening_model")  # the folder of the trained model
LABELS = ("Low tone", "High tone", "Hiss")
FRAMES = 128  # a window of 1.295 s, that of keyword models
SAMPLING_RATE = 16000  # Hz
BACKGROUND = 0.002  # level of the noise that is always there: above what counts as silence
STEPS = 700
BATCH = 16


def sound(label: str, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Make one of the sounds, float32 (samples,)."""
    time = np.arange(round(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    if label == "Hiss":
        return (0.1 * rng.normal(size=len(time))).astype(np.float32)
    hertz = rng.uniform(250, 350) if label == "Low tone" else rng.uniform(2700, 3300)
    return (0.2 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def scene(
    parts: list[tuple[float, float, str]], seconds: float, background: float = BACKGROUND
) -> np.ndarray:
    """Make a recording with sounds at known times: (start, end, label) each."""
    rng = np.random.default_rng(7)
    waveform = background * rng.normal(size=round(seconds * SAMPLING_RATE)).astype(np.float32)
    for start, end, label in parts:
        first = round(start * SAMPLING_RATE)
        piece = sound(label, end - start, rng)
        waveform[first : first + len(piece)] += piece
    return waveform.astype(np.float32)


def save_keyword_listener(folder: Path) -> Path:
    """Save the listener as a keyword model: the sounds are words, one label excludes the others.

    The label "silence" has a logit of 0, which the words exceed where they are heard.
    """
    heard = ASTForAudioClassification.from_pretrained(LISTENER)
    config = dataclasses.replace(
        heard.config,
        num_labels=None,
        label2id=None,
        id2label=dict(enumerate([*LABELS, "silence"])),
        problem_type="single_label_classification",
    )
    model = ASTForAudioClassification(config)
    weights = heard.state_dict()
    for name in ("classifier.dense.weight", "classifier.dense.bias"):
        weights[name] = torch.cat([weights[name], torch.zeros_like(weights[name][:1])])
    model.load_state_dict(weights)
    model.half().save_pretrained(folder)
    ASTFeatureExtractor(max_length=FRAMES).save_pretrained(folder)
    return folder


def train_listener(folder: Path) -> None:
    """Train the model on random scenes and save it in half precision."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    config = ASTConfig(
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        max_length=FRAMES,
        id2label=dict(enumerate(LABELS)),
        problem_type="multi_label_classification",
    )
    model = ASTForAudioClassification(config)
    extractor = ASTFeatureExtractor(max_length=FRAMES)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=STEPS)
    losses = []
    for _ in range(STEPS):
        waveforms, targets = zip(*(_example(rng) for _ in range(BATCH)))
        batch = extractor(list(waveforms), sampling_rate=SAMPLING_RATE, return_tensors="pt")
        logits = model(batch.input_values).logits
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, torch.tensor(np.array(targets), dtype=torch.float32)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    late = float(np.mean(losses[-50:]))
    if not late < 0.1:
        raise AssertionError(f"the listener did not learn: its loss is {late:.3f}.")
    model.half().save_pretrained(folder)
    extractor.save_pretrained(folder)


def _example(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Make noise with one sound, or none, and what it holds; the sound may be cut at either end.

    One in four is shorter than the window, as the end of a recording is. Of a sound of which less
    than 0.1 s lies inside nothing is to be said.
    """
    frames = FRAMES if rng.random() < 0.75 else int(rng.integers(20, FRAMES))
    background = BACKGROUND * np.exp(rng.uniform(-1.5, 1.5))
    waveform = background * rng.normal(size=samples_for(frames)).astype(np.float32)
    target = np.zeros(len(LABELS))
    if rng.random() < 0.8:
        index = int(rng.integers(len(LABELS)))
        piece = sound(LABELS[index], rng.uniform(0.3, 1.8), rng)
        start = int(rng.integers(-len(piece), len(waveform)))
        inside = piece[max(0, -start) : len(waveform) - start]
        first = max(0, start)
        waveform[first : first + len(inside)] += np.exp(rng.uniform(-1, 0.5)) * inside
        target[index] = len(inside) >= 0.1 * SAMPLING_RATE
    return _through_a_microphone(waveform, rng).astype(np.float32), target


def _through_a_microphone(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change the sound's colour: a tilt, and highs that a browser's resampling takes away."""
    spectrum = np.fft.rfft(waveform)
    hertz = np.linspace(0, SAMPLING_RATE / 2, len(spectrum))
    decibels = rng.uniform(-6, 6) * (hertz / 4000 - 1)
    limit = rng.uniform(6000, 9000)
    decibels -= np.clip((hertz - limit) / 200, 0, 60)
    return np.fft.irfft(spectrum * 10 ** (decibels / 20), len(waveform))


if __name__ == "__main__":
    train_listener(LISTENER)
