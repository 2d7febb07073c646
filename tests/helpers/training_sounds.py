"""Tiny made-up data sets for the tests of training."""

from pathlib import Path

import numpy as np
import soundfile as sf

from ast_demo.training.recipe import Recipe, Stage

RATE = 16000
TINY = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_length": 64,
}


def tone(hertz: float, seed: int, seconds: float = 0.5) -> np.ndarray:
    """Return a tone in a little noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    noise = 0.003 * rng.standard_normal(len(time))
    return (rng.uniform(0.1, 0.5) * np.sin(2 * np.pi * hertz * time) + noise).astype(np.float32)


def write_classes(folder: Path, clips: int = 6) -> Path:
    """Write a folder per class: low, middle and high tones."""
    for number, (name, hertz) in enumerate({"low": 200, "middle": 1000, "high": 4000}.items()):
        (folder / name).mkdir(parents=True)
        for clip in range(clips):
            sound = tone(hertz * (1 + 0.02 * clip), 100 * number + clip)
            sf.write(folder / name / f"{clip}.wav", sound, RATE)
    return folder


def write_table(folder: Path, text: str) -> Path:
    """Write a table of clips."""
    table = folder / "clips.csv"
    table.write_text(text, encoding="utf-8")
    return table


def tiny_recipe(**changes) -> Recipe:
    """Return a recipe that runs in a second or two."""
    values = {
        "steps": 12,
        "batch": 6,
        "optimizer": "muon",
        "evaluate_every": 6,
        "patience": 0,
        "warm_up": 1,
        "start": "scratch",
        "config": TINY,
        "stages": (Stage(0.0, 48, 0.5), Stage(0.5, 0, 0, 0.3)),
        "join": 0.5,
    }
    return Recipe(**{**values, **changes})
