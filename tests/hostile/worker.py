"""A process that meets hostile input, one JSON line each, and reports what it did and cost.

It holds a small random model. For each path it answers what a visitor would get: the scores of the
sound, or the sentence that refuses it; with the seconds of processor time and the memory it took.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

import numpy as np
import torch

from ast_demo.audio import load_audio
from ast_demo.classifier import AudioClassifier
from ast_demo.config import ASTConfig
from ast_demo.features import ASTFeatureExtractor
from ast_demo.model import ASTForAudioClassification

SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "num_labels": 4,
}


def small_classifier() -> AudioClassifier:
    """Return a classifier with random weights and the full window of 1024 frames."""
    torch.manual_seed(0)
    model = ASTForAudioClassification(
        ASTConfig(**SMALL, problem_type="single_label_classification")
    )
    return AudioClassifier(model, ASTFeatureExtractor())


def hear(classifier: AudioClassifier, path: str) -> dict:
    """Decode and classify a sound."""
    audio = load_audio(path)
    prediction = classifier.classify(audio)
    waveform = audio.waveform
    spectrum = np.abs(np.fft.rfft(waveform[:16000]))
    return {
        "seconds": audio.seconds,
        "samples": len(waveform),
        "notes": list(prediction.notes),
        "peak": float(np.abs(waveform).max()),
        "mean": float(waveform.mean()),
        "hertz": float(np.argmax(spectrum) * 16000 / min(len(waveform), 16000)),
        "finite": bool(np.isfinite(list(prediction.scores.values())).all()),
        "total": float(sum(prediction.scores.values())),
    }


def load(path: str) -> dict:
    """Load a checkpoint and run it once on silence."""
    classifier = AudioClassifier.load(path, device="cpu", dtype="float32")
    prediction = classifier.classify(np.zeros(16000, np.float32))
    return {"labels": len(prediction.scores), "total": float(sum(prediction.scores.values()))}


def peak_megabytes() -> float:
    """Return the most memory held since `forget_peak`."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> float:
    """Start to watch memory; return what is held now."""
    with open("/proc/self/clear_refs", "w") as marks:
        marks.write("5")
    return peak_megabytes()


def meet(function, path: str) -> dict:
    """Run one function on one path and measure it."""
    held = forget_peak()
    start = time.process_time()
    try:
        report = {"kind": "answer", **function(path)}
    except ValueError as error:
        report = {"kind": "refusal", "message": str(error), "error": type(error).__name__}
    except Exception as error:
        report = {"kind": "crash", "message": f"{type(error).__name__}: {error}"}
    report["processor_seconds"] = time.process_time() - start
    report["megabytes"] = peak_megabytes() - held
    return report


def main() -> None:
    """Answer lines of standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # decoders print warnings of their own
    classifier = small_classifier()
    silence = np.zeros(16000, np.float32)
    before = classifier.classify(silence).scores
    functions = {"hear": lambda path: hear(classifier, path), "load": load}
    hear_warm_up(classifier)
    print(json.dumps({"kind": "ready"}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        path = os.fsdecode(bytes.fromhex(request["path"]))  # names may hold any bytes
        report = meet(functions[request["task"]], path)
        report["untouched"] = classifier.classify(silence).scores == before
        print(json.dumps(report), file=answers, flush=True)


def hear_warm_up(classifier: AudioClassifier) -> None:
    """Load what is loaded late, so that the first case does not pay for it."""
    import soundfile  # noqa: F401
    import torchaudio  # noqa: F401

    classifier.classify(np.zeros(44100, np.float32), 44100)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
