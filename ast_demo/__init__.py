"""See what an Audio Spectrogram Transformer sees."""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

# Public names and the modules that define them. A module is imported when a name of it is first
# used, so that `import ast_demo` does not wait for torch.
_MODULES = {
    "ASTConfig": "config",
    "ASTFeatureExtractor": "features",
    "ASTForAudioClassification": "model",
    "ASTModel": "model",
    "Audio": "audio",
    "AudioClassifier": "classifier",
    "AudioError": "audio",
    "CheckpointError": "weights",
    "Explanation": "explanation",
    "PatchGrid": "patches",
    "Prediction": "explanation",
    "load_audio": "audio",
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
