"""Spoken sentences from espeak."""

import numpy as np
import pytest

from ast_demo.training.data.synthetic_speech import sentence, write_sentences


def test_speech_without_espeak_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="install the package espeak-ng"):
        write_sentences(tmp_path / "spoken", count=1)
    assert len(sentence(np.random.default_rng(0)).split()) >= 5
