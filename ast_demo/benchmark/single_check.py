"""One check of one sound of five seconds, to be timed and weighed."""

from __future__ import annotations

from ast_demo.checkpoint.locate import BUNDLED_FOLDER

MODEL = "everyday-sounds"
SOUND = BUNDLED_FOLDER / "examples" / "siren.flac"


def checked(quick: bool, classifier=None) -> dict:
    """Check one sound, without test of the heat; return the report."""
    from ast_demo.audio.load import load_audio
    from ast_demo.check.check_run import run_check
    from ast_demo.check.request import CheckRequest, CheckSettings
    from ast_demo.check.run import Sound
    from ast_demo.classifier import AudioClassifier

    if classifier is None:
        classifier = AudioClassifier.load(MODEL, device="cpu", dtype="float32")
    sound = Sound(SOUND.name, load_audio(SOUND).waveform)
    settings = CheckSettings(quick=quick, heat_clips=0)
    return run_check(CheckRequest(classifier, [sound], settings))
