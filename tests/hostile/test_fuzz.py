"""Random damage: the decoder and the parsers answer or refuse, whatever arrives."""

import json
import math
import os
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from tests.hostile.damage import plan_damage
from tests.hostile.sound_makers import wav
from tests.hostile.test_sounds import PROCESSOR_SECONDS
from tests.hostile.worker import SMALL

FUZZ_SECONDS = float(os.environ.get("AST_FUZZ_SECONDS", "20"))  # more finds more
FUZZ_SEED = int(os.environ.get("AST_FUZZ_SEED", "0"))
EASY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

number = st.one_of(
    st.integers(-3, 3000),
    st.integers(),
    st.floats(),
    st.sampled_from([2**31, 2**63, 10**30, math.nan, math.inf]),
)
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), number, st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def settings_of(names):
    return st.dictionaries(st.sampled_from(sorted(names)), json_value, max_size=6)


def test_the_decoder_survives_random_damage(worker, tmp_path):
    plan_damage(tmp_path, FUZZ_SECONDS, FUZZ_SEED)
    report = worker.meet("fuzz", tmp_path, FUZZ_SECONDS + 60)
    assert report["kind"] == "answer", (report, (tmp_path / "last.wav").read_bytes().hex())
    assert "crash" not in report, report
    assert report["slowest"] < 2, report
    assert report["largest"] < 300, report
    assert report["heard"] > 0, report
    assert report["refused"] > 0, report


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("headers")


@EASY
@given(
    tag=st.sampled_from([0, 1, 2, 3, 6, 7, 0x11, 0x31, 0x55, 0xFFFE, 0xFFFF]),
    channels=st.integers(0, 65535),
    rate=st.integers(0, 2**32 - 1),
    bits=st.one_of(st.sampled_from([0, 4, 8, 16, 24, 32, 64]), st.integers(0, 65535)),
    align=st.integers(0, 65535),
    data_size=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
    riff_size=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
    content=st.binary(max_size=2000),
)
def test_any_wav_header_is_answered_or_refused(worker, folder, content, **fields):
    path = folder / "sound.wav"
    path.write_bytes(wav(content, **fields))
    report = worker.meet_within(PROCESSOR_SECONDS, "hear", path)
    assert report["kind"] in ("answer", "refusal"), report
    assert report["processor_seconds"] < PROCESSOR_SECONDS, report
    assert report["megabytes"] < 300, report


@EASY
@given(values=settings_of(ASTConfig().to_dict() | {"num_labels": 0, "problem_type": ""}))
def test_any_config_is_accepted_or_refused(values):
    try:
        config = ASTConfig.from_dict(values)
    except ValueError:  # any other kind fails this test
        return
    json.dumps(config.to_dict(), allow_nan=False)


@EASY
@given(values=settings_of(ASTFeatureExtractor().to_dict()))
def test_any_preprocessor_is_accepted_or_refused(values):
    try:
        extractor = ASTFeatureExtractor.from_dict(values)
    except ValueError:  # any other kind fails this test
        return
    json.dumps(extractor.to_dict(), allow_nan=False)


@EASY
@given(
    header=st.one_of(
        st.binary(max_size=200),
        json_value.map(lambda value: json.dumps(value).encode()),
        st.dictionaries(
            st.text(max_size=8),
            st.fixed_dictionaries(
                {
                    "dtype": st.sampled_from(["F32", "BF16", "I64", "X"]),
                    "shape": st.lists(st.integers(-1, 2**62), max_size=4),
                    "data_offsets": st.lists(st.integers(0, 2**62), min_size=1, max_size=3),
                }
            ),
            max_size=3,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    length=st.one_of(st.none(), st.integers(0, 2**64 - 1)),
    data=st.binary(max_size=100),
)
def test_any_safetensors_header_is_read_or_refused(worker, folder, header, length, data):
    model = folder / "model"
    model.mkdir(exist_ok=True)
    (model / "config.json").write_text(json.dumps(SMALL))
    (model / "preprocessor_config.json").write_text("{}")
    size = len(header) if length is None else length
    (model / "model.safetensors").write_bytes(struct.pack("<Q", size) + header + data)
    report = worker.meet("load", model)
    assert report["kind"] == "refusal", report  # none of these holds an AST's weights
    assert report["error"] == "CheckpointError", report
    assert report["megabytes"] < 300, report
    assert report["untouched"]
