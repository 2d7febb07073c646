"""How long a check takes: perturbations of one sound, and how memory grows with their number."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from ast_demo.benchmark.report import Line, Settings
from ast_demo.checkpoint.locate import BUNDLED_FOLDER

MODEL = "everyday-sounds"
SOUND = BUNDLED_FOLDER / "examples" / "siren.flac"


def measure(settings: Settings) -> Iterator[Line]:
    """Time the quick and the full check of one 5 s sound, and the quick one of the 87 M shape."""
    from ast_demo.checkpoint.config import ASTConfig
    from ast_demo.classifier import AudioClassifier
    from ast_demo.features.extractor import ASTFeatureExtractor
    from ast_demo.model.transformer import ASTForAudioClassification

    rounds = max(1, settings.rounds // 4)
    bundled = AudioClassifier.load(MODEL, device="cpu")
    bundled.warm_up()
    yield _line(bundled, f"{MODEL}: quick check of a 5 s sound", True, rounds, 5)
    yield _line(bundled, f"{MODEL}: full check of a 5 s sound", False, rounds, 20)
    large = AudioClassifier(
        ASTForAudioClassification(ASTConfig(num_labels=527)).to(bundled.dtype),
        ASTFeatureExtractor(),
    )
    yield _line(large, "87 M shape: quick check of a 5 s sound", True, 1, 60)


def _line(classifier, name: str, quick: bool, rounds: int, target: float) -> Line:
    spent = [check_seconds(classifier, quick=quick) for _ in range(rounds)]
    return Line(name, "s", statistics.median(spent), target=target)


def check_seconds(classifier, *, quick: bool) -> float:
    """Return the seconds that a check of one sound takes, without test of the heat."""
    from ast_demo.audio.load import load_audio
    from ast_demo.check.check_run import run_check
    from ast_demo.check.request import CheckRequest, CheckSettings
    from ast_demo.check.run import Sound

    sound = Sound(SOUND.name, load_audio(SOUND).waveform)
    request = CheckRequest(classifier, [sound], CheckSettings(quick=quick, heat_clips=0))
    start = time.perf_counter()
    run_check(request)
    return time.perf_counter() - start
