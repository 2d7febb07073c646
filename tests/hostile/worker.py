"""A process that meets hostile input, one JSON line each, and reports what it did and cost.

It holds a small random model. For each path it answers what a visitor would get: the scores of the
sound, or the sentence that refuses it; with the seconds of processor time and the memory it took.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch

from ast_demo.audio.load import load_audio
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.classifier import AudioClassifier
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.transformer import ASTForAudioClassification

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
    """Load a checkpoint by its name alone, as from its folder, and run it once on silence."""
    folder, name = os.path.split(path)
    os.chdir(folder)
    classifier = AudioClassifier.load(name, device="cpu", dtype="float32")
    prediction = classifier.classify(np.zeros(16000, np.float32))
    return {"labels": len(prediction.scores), "total": float(sum(prediction.scores.values()))}


def fuzz(path: str) -> dict:
    """Damage the sounds of a folder at random for some seconds, and decode what comes of it.

    The folder holds the sounds and `plan.json` with the seconds and the seed.
    """
    from tests.hostile.damage import damaged

    folder = Path(path)
    plan = json.loads((folder / "plan.json").read_text())
    sounds = [file.read_bytes() for file in sorted(folder.glob("*.sound"))]
    generator = random.Random(plan["seed"])
    counts = {"heard": 0, "refused": 0}
    slowest, largest = 0.0, 0.0
    end = time.monotonic() + plan["seconds"]
    while time.monotonic() < end:
        content = damaged(generator, sounds)
        (folder / "last.wav").write_bytes(content)  # stays behind if we die of it
        report = meet(lambda file: {"seconds": load_audio(file).seconds}, str(folder / "last.wav"))
        slowest = max(slowest, report["processor_seconds"])
        largest = max(largest, report["megabytes"])
        if report["kind"] == "crash":
            return {"crash": report["message"], "content": content.hex()}
        counts["heard" if report["kind"] == "answer" else "refused"] += 1
    return {**counts, "slowest": slowest, "largest": largest}


def unpack_page(path: str) -> dict:
    """Unpack a ZIP of clips as the page does, and count what came of it."""
    import tempfile

    from ast_demo.check.archive import ArchiveLimits, unpack
    from ast_demo.ui.services.limits import MEGABYTE, Limits

    bounds = Limits()
    limits = ArchiveLimits(
        bounds.zip_megabytes * MEGABYTE,
        bounds.zip_members,
        bounds.zip_unpacked_megabytes * MEGABYTE,
        bounds.zip_ratio,
    )
    with tempfile.TemporaryDirectory() as folder:
        inside = unpack(path, Path(folder) / "clips", limits)
        files = [str(file.relative_to(inside)) for file in inside.rglob("*") if file.is_file()]
    return {"files": files}


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
    functions = {
        "hear": lambda path: hear(classifier, path),
        "load": load,
        "fuzz": fuzz,
        "unpack": unpack_page,
    }
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
    import soundfile  # noqa: F401 (only loaded)
    import torchaudio  # noqa: F401

    classifier.classify(np.zeros(44100, np.float32), 44100)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
