"""Whatever is handed to a public function, it works or says in a sentence which door to take."""

from __future__ import annotations

import contextlib
import io
import pathlib
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ast_demo import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification, AudioClassifier
from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio
from tests.helpers.models import ours
from tests.helpers.sound_files import encoded, noise

SHAPE = {"max_length": 24, "num_mel_bins": 16}
SOUND = noise(0.5)
CONTENT = encoded("flac", SOUND)
STORED = load_audio(CONTENT).waveform


@pytest.fixture(scope="module")
def tiny():
    return AudioClassifier(ours(), ASTFeatureExtractor(**SHAPE))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("sounds") / "sound.flac"
    path.write_bytes(CONTENT)
    return path


def in_a_zip(path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "sound.flac")
    return zipfile.ZipFile(packed).open("sound.flac")


FORMS = {
    "text": str,
    "path": pathlib.Path,
    "bytes": lambda path: CONTENT,
    "BytesIO": lambda path: io.BytesIO(CONTENT),
    "open file": lambda path: path.open("rb"),
    "ZIP member": in_a_zip,
    "dict": lambda path: {"array": STORED, "sampling_rate": 16000},
    "dict of bytes": lambda path: {"bytes": CONTENT, "path": None},
    "pair": lambda path: (16000, STORED),
    "list": lambda path: STORED.tolist(),
    "float64": lambda path: STORED.astype(np.float64),
    "tensor": lambda path: torch.from_numpy(STORED),
    "row": lambda path: torch.from_numpy(STORED)[None],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["classify", "explain", "embed", "timeline"])
def test_a_sound_is_heard_in_every_form(tiny, path, form, method):
    def answer(sound):
        found = getattr(tiny, method)(sound)
        return getattr(found, "scores", found)

    sound = FORMS[form](path)
    found, expected = answer(sound), answer(STORED)
    if form == "open file":
        sound.close()
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("method", ["classify", "explain", "embed", "timeline"])
def test_half_precision_tensors_are_heard(tiny, dtype, method):
    getattr(tiny, method)(torch.from_numpy(STORED).to(dtype))


@pytest.mark.parametrize("method", ["classify", "explain", "embed", "timeline"])
def test_channels_that_cancel_are_noted_by_every_door(tiny, method):
    notes = getattr(getattr(tiny, method)(np.stack([SOUND, -SOUND], axis=1)), "notes", None)
    assert notes is None or "cancel" in notes[0]


def test_a_batch_takes_every_form_and_may_be_empty(tiny, path):
    assert tiny.classify_batch([]) == []
    one, two = tiny.classify_batch([str(path), {"array": STORED, "sampling_rate": 16000}])
    assert one.scores == pytest.approx(two.scores, abs=1e-5)


@pytest.mark.parametrize("sounds", [None, 3, "x.wav", b"RIFF", {"array": STORED}])
def test_a_batch_that_is_none_is_refused_with_the_door_to_take(tiny, sounds):
    with pytest.raises(AudioError, match="expected a list of sounds"):
        tiny.classify_batch(sounds)


def test_the_extractor_says_what_to_do_with_a_dict():
    with pytest.raises(ValueError, match="pass its samples"):
        ASTFeatureExtractor()({"array": STORED, "sampling_rate": 16000}, sampling_rate=16000)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.one_of(st.none(), st.floats(), st.text(), st.lists(st.floats()))),
    st.dictionaries(st.text(), st.one_of(st.floats(), st.text())),
    st.tuples(st.integers(), st.lists(st.floats())),
    st.tuples(st.lists(st.text()), st.integers()),
    arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, max_dims=4)),
    st.builds(object),
    st.sampled_from([int, print, io.BytesIO(), torch.nn.Identity(), np.nan]),
    st.sampled_from(
        [
            torch.zeros((), dtype=torch.bool),
            torch.zeros(3, dtype=torch.complex64),
            torch.zeros(3).to_sparse(),
            torch.zeros(3, device="meta"),
            torch.zeros(0),
            torch.zeros(2, 2, 2),
        ]
    ),
    st.just({"array": [0.0], "sampling_rate": "fast"}),
    st.just({"array": None, "sampling_rate": None}),
    st.just([np.zeros(3), "x"]),
    st.just([torch.zeros(3, dtype=torch.complex64)]),
    st.just([[torch.zeros(3)]]),
)
GIVEN = ANYTHING.filter(lambda value: value is not None)
MANY = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("method", ["classify", "explain", "embed", "timeline"])
@MANY
@given(sound=ANYTHING, sampling_rate=st.one_of(st.just(16000), ANYTHING))
def test_nothing_but_our_own_errors_leaves_the_classifier(tiny, method, sound, sampling_rate):
    with pytest.raises(ValueError, match=r".") as caught:
        getattr(tiny, method)(sound, sampling_rate)
    assert type(caught.value).__module__.startswith(("ast_demo", "builtins"))
    assert "\n" not in str(caught.value)


@MANY
@given(sound=ANYTHING, sampling_rate=st.one_of(st.just(16000), GIVEN))
def test_nothing_but_our_own_errors_leaves_the_extractor(sound, sampling_rate):
    with pytest.raises(ValueError, match=r"."):
        ASTFeatureExtractor(**SHAPE)(sound, sampling_rate=sampling_rate)


@MANY
@given(hop_seconds=GIVEN)
@example(hop_seconds=1.8e306)  # times frames a second, no float holds it
def test_nothing_but_our_own_errors_leaves_the_timelines_hop(tiny, hop_seconds):
    with contextlib.suppress(ValueError):  # a number may be a hop
        tiny.timeline(STORED, hop_seconds=hop_seconds)


@pytest.mark.parametrize("name", ["hidden_size", "id2label", "label2id", "hidden_act", "qkv_bias"])
@MANY
@given(value=ANYTHING)
def test_nothing_but_our_own_errors_leaves_a_config(name, value):
    with contextlib.suppress(ValueError):  # some values are right
        ASTConfig(**{name: value})


@settings(MANY, max_examples=30)
@given(name=ANYTHING.filter(lambda name: not isinstance(name, str) or "/" not in name))
def test_nothing_but_our_own_errors_leaves_the_finding_of_a_checkpoint(name):
    for door in (
        ASTForAudioClassification.from_pretrained,
        ASTFeatureExtractor.from_pretrained,
        ASTConfig.from_pretrained,
        AudioClassifier.load,
    ):
        with pytest.raises(ValueError, match=r"."):
            door(name)


@pytest.mark.parametrize("argument", ["dtype", "attn_implementation", "config", "num_labels"])
@MANY
@given(value=ANYTHING.filter(lambda value: not (value is None or isinstance(value, int))))
def test_nothing_but_our_own_errors_leaves_the_arguments_of_a_model(
    tmp_path_factory, argument, value
):
    folder = tmp_path_factory.getbasetemp() / "model"
    if not folder.exists():
        ours().save_pretrained(folder)
    with pytest.raises(ValueError, match=r"."):
        ASTForAudioClassification.from_pretrained(folder, **{argument: value})
