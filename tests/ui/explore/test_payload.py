"""The explorer's payload says what the explanation says, in few bytes and as plain data."""

import base64
import json
import math
import re

import numpy as np
import pytest

from ast_demo.ui.explore import payload as payloads
from ast_demo.ui.explore.component import SOURCES, javascript
from tests.helpers.models import hearing_classifier

HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}{{value}}"


def make_classifier(labels=3, max_length=128, layers=2, heads=2):
    names = [HOSTILE, *(f"label {index}" for index in range(1, labels))]
    return hearing_classifier(
        names,
        hidden_size=8 * heads,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=32,
        max_length=max_length,
    )


def sweep(seconds):
    time = np.arange(int(seconds * 16000)) / 16000
    return (0.3 * np.sin(2 * np.pi * (300 + 500 * time) * time)).astype(np.float32)


@pytest.fixture(scope="module")
def explanation():
    return make_classifier().explain(sweep(0.7), 16000)


@pytest.fixture(scope="module")
def payload(explanation):
    return payloads.build_payload(explanation, HOSTILE)


def decode(packed, shape):
    data = np.frombuffer(base64.b64decode(packed["data"]), dtype=np.uint8)
    return data.reshape(shape).astype(np.float64) / 255


def test_the_spectrogram_is_the_models_input_to_half_a_step(explanation, payload):
    packed = payload["spectrogram"]
    span = packed["high"] - packed["low"]
    drawn = packed["low"] + span * decode(packed, explanation.input_values.shape)
    assert np.abs(drawn - explanation.input_values).max() <= span / 255 / 2 + 1e-6


def test_every_pooled_map_equals_the_explanation_to_one_step(explanation, payload):
    packed = payload["attention"]
    layers, heads = packed["layers"], packed["heads"]
    shape = explanation.rollout.shape
    maps = decode(packed, (layers, heads, *shape))
    for layer in range(layers):
        for head in range(heads):
            highest = packed["max"][layer * heads + head]
            drawn = maps[layer, head] * highest
            true = explanation.attention(layer, head)
            assert np.abs(drawn - true).max() <= highest / 255, (layer, head)


def test_the_rollout_and_its_special_share_make_up_the_whole(explanation, payload):
    packed = payload["rollout"]
    drawn = decode(packed, explanation.rollout.shape) * packed["max"]
    assert np.abs(drawn - explanation.rollout).max() <= packed["max"] / 255
    assert explanation.rollout.sum() + packed["special_share"] == pytest.approx(1, abs=1e-3)


def test_special_shares_complete_each_map_to_one(explanation, payload):
    packed = payload["attention"]
    for layer in range(packed["layers"]):
        for head in range(packed["heads"]):
            special = packed["special_share"][layer * packed["heads"] + head]
            whole = special + explanation.attention(layer, head).sum()
            assert whole == pytest.approx(1, abs=1e-3), (layer, head)


def test_entropy_tells_a_flat_map_from_a_point():
    point = np.zeros(64)
    point[7] = 0.3
    maps = np.stack([np.full(64, 0.01), point])
    assert payloads.entropy(maps) == pytest.approx([6.0, 0.0], abs=1e-9)


def test_a_constant_array_and_an_empty_map_are_packed_without_dividing_by_zero():
    packed = payloads.scaled_bytes(np.full((4, 4), 0.5))
    assert packed["low"] == packed["high"] == 0.5
    assert set(base64.b64decode(packed["data"])) == {0}
    assert payloads.map_facts(np.zeros((2, 3)), 1.0)["entropy"] == 0.0


def test_geometry_and_normalization_are_those_of_the_classifier(explanation, payload):
    grid = explanation.grid
    assert payload["grid"]["freq_patches"] == grid.freq_patches
    assert payload["grid"]["time_patches"] == grid.time_patches
    assert payload["num_frames"] == explanation.num_frames == 68
    row = grid.hertz(3)
    low, high = payload["mel_hertz"][30][0], payload["mel_hertz"][45][2]
    assert (low, high) == pytest.approx(row, abs=0.05)
    padded = explanation.input_values[explanation.num_frames :]
    assert payload["padding_value"] == pytest.approx(padded.mean(), abs=1e-5)
    restored = explanation.input_values[:68] * 2 * payload["std"] + payload["mean"]
    assert np.abs(restored - explanation.log_mel).max() < 1e-4


def test_labels_and_titles_travel_as_they_are(payload):
    assert payload["title"] == HOSTILE
    assert HOSTILE in [label["name"] for label in payload["labels"]]
    scores = [label["score"] for label in payload["labels"]]
    assert scores == sorted(scores, reverse=True)


def test_the_payload_is_strict_json(payload):
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload


def test_the_largest_published_shape_stays_under_the_limit():
    classifier = make_classifier(labels=527, max_length=1024, layers=12, heads=12)
    classifier.labels = [f"{label}, usual words" for label in classifier.labels]
    payload = payloads.build_payload(classifier.explain(sweep(3.0), 16000), "a" * 100)
    assert len(payload["labels"]) == 527
    size = len(json.dumps(payload, separators=(",", ":")))  # as the web server writes it
    assert size < payloads.MAX_PAYLOAD_BYTES, f"{size} bytes"


def test_payload_ids_cannot_be_guessed(explanation):
    first, second = payloads.new_payload_id(), payloads.new_payload_id()
    assert first != second
    assert len(first) * math.log2(16) >= 128


def test_templates_are_static_text():
    for name in ("explorer.html", "explorer.css"):
        source = (SOURCES / name).read_text(encoding="utf-8")
        assert not re.search(r"\$\{|\{\{|`|\\", source), name


def test_the_joined_explorer_imports_and_exports_nothing():
    assert not re.search(r"^\s*(import|export)\b", javascript(), re.MULTILINE)


def test_no_module_writes_html():
    for path in SOURCES.parent.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", source), (
            path
        )


def test_the_outline_of_a_sound_keeps_its_loudest_samples():
    waveform = np.zeros(50_000, dtype=np.float32)
    waveform[25_000] = -0.5
    facts = payloads.waveform_facts(waveform, 16000, 1.5)
    outline = np.frombuffer(base64.b64decode(facts["data"]), dtype=np.uint8)
    assert (facts["seconds"], facts["start"]) == (3.125, 1.5)
    assert (len(outline), int(outline.argmax()), outline.max()) == (1000, 500, 255)
