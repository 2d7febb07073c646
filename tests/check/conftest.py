"""What the tests of Check share."""

import pytest

from ast_demo.classifier import AudioClassifier
from tests.helpers.listening_model import LISTENER


@pytest.fixture(scope="package")
def classifier() -> AudioClassifier:
    """The small model that tells three sounds apart."""
    return AudioClassifier.load(LISTENER, device="cpu", dtype="float32")
