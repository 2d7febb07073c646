"""The examples of the reference's documentation run with our names, and `import ast_demo` is light.

Source: transformers 5.23.0, docs of the Audio Spectrogram Transformer and the docstrings of its
models. Where they load a published checkpoint, one of the same shape but a single layer is made
here; where they load a clip of LibriSpeech, a tone in noise stands in.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

import ast_demo
from ast_demo import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification, ASTModel
from tests.helpers.models import randomize

ROOT = Path(__file__).resolve().parent.parent
LABELS = [f"sound {index}" for index in range(527)]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    """A checkpoint with AudioSet's grid, width and labels, but one layer."""
    folder = tmp_path_factory.mktemp("checkpoint")
    config = ASTConfig(num_hidden_layers=1, id2label=dict(enumerate(LABELS)))
    randomize(ASTForAudioClassification(config)).save_pretrained(folder)
    ASTFeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clip() -> tuple[np.ndarray, int]:
    """Six seconds of a tone in noise, as the examples' data set hands out a clip and its rate."""
    noise = np.random.default_rng(0).standard_normal(6 * 16000) * 0.01
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(6 * 16000) / 16000)
    return (noise + tone).astype(np.float32), 16000


def test_a_model_is_made_from_a_configuration():
    configuration = ASTConfig()
    model = ASTModel(configuration)
    assert model.config is configuration
    assert (
        model.num_parameters() == transformers.ASTModel(transformers.ASTConfig()).num_parameters()
    )


def test_the_last_hidden_state_of_a_clip(checkpoint, clip):
    array, sampling_rate = clip
    processor = ASTFeatureExtractor.from_pretrained(checkpoint)
    model = ASTModel.from_pretrained(checkpoint)

    inputs = processor(array, sampling_rate=sampling_rate, return_tensors="pt")
    with torch.no_grad():
        outputs = model(**inputs)

    last_hidden_states = outputs.last_hidden_state
    assert list(last_hidden_states.shape) == [1, 1214, 768]

    reference_inputs = transformers.ASTFeatureExtractor.from_pretrained(checkpoint)(
        array, sampling_rate=sampling_rate, return_tensors="pt"
    )
    with torch.no_grad():
        expected = transformers.ASTModel.from_pretrained(checkpoint)(**reference_inputs)
    difference = (last_hidden_states - expected.last_hidden_state).abs().max().item()
    assert difference < 1e-4, difference  # features and model together


def test_the_predicted_label_and_the_loss_of_a_clip(checkpoint, clip):
    array, sampling_rate = clip
    feature_extractor = ASTFeatureExtractor.from_pretrained(checkpoint)
    model = ASTForAudioClassification.from_pretrained(checkpoint)
    reference = transformers.ASTForAudioClassification.from_pretrained(checkpoint)

    inputs = feature_extractor(array, sampling_rate=sampling_rate, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
        expected = reference(**inputs).logits
    predicted_class_ids = torch.argmax(logits, dim=-1).item()
    predicted_label = model.config.id2label[predicted_class_ids]
    assert predicted_label == reference.config.id2label[expected.argmax(-1).item()]
    assert predicted_label in LABELS

    target_label = model.config.id2label[0]
    inputs["labels"] = torch.tensor([model.config.label2id[target_label]])
    with torch.no_grad():
        loss = model(**inputs).loss
        expected_loss = reference(**inputs).loss
    assert loss.item() == pytest.approx(expected_loss.item(), rel=1e-5)


@pytest.mark.parametrize("name", ast_demo.__all__)
def test_every_public_name_is_there(name):
    assert getattr(ast_demo, name).__name__ == name
    assert name in dir(ast_demo)


def test_a_name_that_is_not_public_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'ASTProcessor'"):
        _ = ast_demo.ASTProcessor


def test_importing_the_package_imports_nothing_heavy():
    script = """
import sys
before = set(sys.modules)
import ast_demo
heavy = {"torch", "numpy", "gradio", "matplotlib", "huggingface_hub", "transformers", "soundfile"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
from ast_demo import AudioClassifier, load_audio
assert AudioClassifier.__name__ == "AudioClassifier"
late = {"transformers", "gradio", "matplotlib", "huggingface_hub", "torchaudio"}
assert not late & set(sys.modules), late & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)
