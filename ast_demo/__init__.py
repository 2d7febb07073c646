"""See what an Audio Spectrogram Transformer sees."""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

# Public names and the modules that define them. A module is imported when a name of it is first
# used, so that `import ast_demo` does not wait for torch.
_MODULES = {
    "ASTConfig": "checkpoint.config",
    "ASTFeatureExtractor": "features.extractor",
    "ASTForAudioClassification": "model.transformer",
    "ASTModel": "model.transformer",
    "Audio": "audio.load",
    "AudioClassifier": "classifier",
    "AudioError": "audio.load",
    "CheckpointError": "checkpoint.errors",
    "Explanation": "explain.explanation",
    "PatchGrid": "features.patches",
    "Prediction": "explain.explanation",
    "load_audio": "audio.load",
}

__all__ = [*_MODULES]


def __getattr__(name: str):
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value  # asked once
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
