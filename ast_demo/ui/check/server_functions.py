"""What the page asks about a check that is done: sounds to hear, maps, looks inside, files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ast_demo.ui.check.downloads import check_export
from ast_demo.ui.check.kept_checks import KeptCheck
from ast_demo.ui.explore.inside import depth_facts, smallest_facts
from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import new_file

if TYPE_CHECKING:  # torch: not before the first page
    import torch

    from ast_demo.classifier import AudioClassifier

BRIGHTEST, DARKEST = 99, 1  # percentiles of a spectrogram's cells


def server_functions(services: Services, kept: ExpiringCache) -> list[Callable]:
    """List the functions for the tab's gr.HTML, which offers them to its JavaScript."""
    handlers = (check_sound, check_open, check_maps, check_smallest, check_depth, check_clip)
    return [rpc.served(handler, services, kept) for handler in (*handlers, check_export)]


def _entry(kept: ExpiringCache, request: dict) -> KeptCheck:
    return kept.get(str(request.get("id")))


def check_sound(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return a perturbed sound, or the sound itself, as a WAV file."""
    from ast_demo.check.signal import SAMPLING_RATE
    from ast_demo.explain.resynthesis import wav_bytes

    heard, _ = _entry(kept, request).heard(request)
    return {"wav": rpc.packed(wav_bytes(heard.waveform, SAMPLING_RATE)), "note": heard.note}


def check_open(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Make a perturbed sound a file of this page, for the explorer."""
    import soundfile

    from ast_demo.check.signal import SAMPLING_RATE

    heard, title = _entry(kept, request).heard(request)
    path = new_file("bent.wav")
    soundfile.write(path, heard.waveform, SAMPLING_RATE, subtype="FLOAT")
    return {"path": str(path), "title": title}


def check_maps(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return spectrogram and rollout before and after, for drawing them side by side."""
    from ast_demo.check.perturbations.perturbation import usual_input

    entry = _entry(kept, request)
    sound, perturbation = entry.sound(request), entry.perturbation(request)
    heard, _ = entry.heard(request)
    classifier, grid = entry.classifier, entry.classifier.grid

    def run() -> list[dict]:
        before = usual_input(classifier.extractor, sound.waveform)
        after = before
        if perturbation is not None:
            after = perturbation.input_values(classifier.extractor, heard.waveform)
        return [picture(classifier, values) for values in (before, after)]

    return {
        "frames": grid.max_length,
        "bins": grid.num_mel_bins,
        "columns": grid.time_patches,
        "rows": grid.freq_patches,
        "pictures": services.run_model(run),
    }


def picture(classifier: AudioClassifier, values: torch.Tensor) -> dict:
    """Pack a model's input (max_length, num_mel_bins) with its rollout and its best label."""
    logits, _, tokens = classifier.logits_and_rollout(values.unsqueeze(0))
    scores = classifier.scores_of(logits)[0]
    best = int(scores.argmax())
    patches = tokens[0, -classifier.grid.num_patches :].float().cpu().numpy()
    cells = values.float().cpu().numpy()
    low, high = np.percentile(cells, [DARKEST, BRIGHTEST])
    return {
        "cells": rpc.packed_shares((cells - low) / max(high - low, 1e-6)),
        "heat": rpc.packed_shares(patches / max(float(patches.max()), 1e-12)),
        "max": float(patches.max()),
        "label": classifier.labels[best],
        "score": round(float(scores[best]), 4),
    }


def check_smallest(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return the hottest part of a sound that brings most of its best score back, as a WAV."""
    entry = _entry(kept, request)
    heard, _ = entry.heard(request)

    def run() -> dict:
        explanation = entry.classifier.explain(heard.waveform)
        return smallest_facts(explanation, explanation.top(1)[0][0])

    return services.run_model(run)


def check_depth(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return the scores after each layer of the labels that are best at the end, or truly there."""
    entry = _entry(kept, request)
    heard, _ = entry.heard(request)
    truth = entry.sound(request).label
    wanted = [] if truth is None else [truth]
    return services.run_model(lambda: depth_facts(entry.classifier.explain(heard.waveform), wanted))


def check_clip(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return the file of a labelled clip, to be played or opened in the explorer."""
    name = request.get("clip")
    file = _entry(kept, request).clips.get(name) if isinstance(name, str) else None
    if not isinstance(name, str) or file is None:
        raise ValueError("there is no such clip in this check: run it again.")
    if not file.is_file():
        raise ValueError("this clip was deleted from the server by now: run the check again.")
    return {"path": str(file), "title": Path(name).name}
