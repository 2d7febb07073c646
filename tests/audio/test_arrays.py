"""Samples in every form: scaled by one table, and never an error of another library."""

import array
import decimal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ast_demo.audio.arrays import PCM_FULL_SCALE
from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import Audio, load_sound, prepare_waveform
from ast_demo.features.extractor import ASTFeatureExtractor
from tests.helpers.sound_files import encoded, noise

SOUND = noise(0.5)


@pytest.mark.parametrize("dtype", PCM_FULL_SCALE)
@pytest.mark.parametrize(
    "kind", [np.asarray, torch.from_numpy, memoryview], ids=lambda k: k.__name__
)
def test_audio_and_features_scale_integers_alike(dtype, kind):
    info = np.iinfo(dtype)
    integers = np.random.default_rng(0).integers(info.min, info.max, 8000, dtype=dtype)
    extractor, given_ = ASTFeatureExtractor(), kind(integers)
    through_audio = prepare_waveform(given_, 16000).waveform
    expected = extractor(through_audio, sampling_rate=16000, return_tensors="np")
    direct = extractor(given_, sampling_rate=16000, return_tensors="np")
    np.testing.assert_array_equal(direct["input_values"], expected["input_values"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_of_every_float_are_taken(dtype):
    tensor = torch.from_numpy(SOUND).to(dtype)
    heard = prepare_waveform(tensor.requires_grad_(), 16000).waveform
    np.testing.assert_array_equal(heard, tensor.detach().float().numpy())


@pytest.mark.parametrize(
    "sound",
    [
        {"array": SOUND, "sampling_rate": 16000},
        {"array": SOUND.tolist(), "sampling_rate": np.int64(16000), "path": "gone.wav"},
        {"raw": SOUND, "sampling_rate": 16000},
        (16000, SOUND),
        (SOUND, 16000),
        (torch.from_numpy(SOUND)[None], 16000),
        Audio(SOUND, 16000),
        SOUND.astype(np.float64),
        SOUND[:, None],
        SOUND[::-1][::-1],
        array.array("f", SOUND.tolist()),
        memoryview(SOUND),
        tuple(SOUND.tolist()),
    ],
    ids=lambda sound: type(sound).__name__,
)
def test_samples_are_taken_with_the_rate_they_bring(sound):
    np.testing.assert_array_equal(load_sound(sound).waveform, SOUND)


def test_the_bytes_inside_a_dict_are_decoded():
    content = encoded("wav", SOUND)
    expected = load_sound(content).waveform
    heard = load_sound({"bytes": content, "path": "clip.wav"}).waveform
    np.testing.assert_array_equal(heard, expected)


class Decoder:
    """What newer versions of datasets give."""

    def __init__(self, fault=None):
        self._fault = fault

    def get_all_samples(self):
        if self._fault:
            raise self._fault
        return type("Samples", (), {"data": torch.from_numpy(SOUND)[None], "sample_rate": 16000})


def test_a_decoder_is_asked_for_its_samples():
    np.testing.assert_array_equal(load_sound(Decoder()).waveform, SOUND)


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        ({"array": SOUND}, "no 'sampling_rate'"),
        ({"sampling_rate": 16000}, "expected 'array'"),
        ({}, "a dict with nothing"),
        ({"array": None, "path": None}, "expected 'array'"),
        (Decoder(RuntimeError("no codec")), "no codec"),
        (np.float32(0.5), r"shape \(\)"),
        (np.array([decimal.Decimal(1)] * 800), "object values"),
        (torch.zeros(800, device="meta"), "no array of numbers"),
        (np.ma.masked_greater(SOUND, 0), f"has {(SOUND > 0).sum()} masked samples"),
        (None, "the sound is a NoneType, expected an array"),
        ((value for value in SOUND), "the sound is a generator, expected an array"),
        (torch.zeros(800).to_sparse(), "no array of numbers"),
        ([(0.1, 0.2), (0.3,)], "no array of numbers"),
        ([SOUND, SOUND[:100]], "no array of numbers"),
    ],
)
def test_what_holds_no_sound_is_refused_with_the_door_to_take(sound, words):
    with pytest.raises(AudioError, match=words):
        load_sound(sound)


@pytest.mark.parametrize(
    ("full_scale", "words"),
    [
        (2.0**15, "16-bit integers stored as floats: divide them by 32768"),
        (2.0**23, "24-bit integers stored as floats: divide them by 8388608"),
        (2.0**31, "32-bit integers stored as floats: divide them by 2147483648"),
        (128.0, "8-bit"),
        (1e30, "damaged"),
    ],
)
def test_levels_far_above_full_scale_are_told_what_is_likely_wrong(full_scale, words):
    loud = SOUND / np.abs(SOUND).max() * full_scale * 0.8
    with pytest.raises(AudioError, match=words):
        prepare_waveform(loud, 16000)


SAMPLES = st.one_of(
    st.none(),
    st.text(),
    st.binary(),
    st.integers(),
    st.floats(),
    st.lists(st.one_of(st.none(), st.floats(), st.text(), st.lists(st.floats()))),
    st.dictionaries(st.text(), st.floats()),
    st.tuples(st.integers(), st.lists(st.floats())),
    arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, max_dims=4)),
    st.builds(object),
    st.just(torch.nn.Linear(1, 1)),
    st.sampled_from(
        [torch.zeros((), dtype=kind) for kind in (torch.bool, torch.int64, torch.complex64)]
    ),
    st.sampled_from([torch.quantize_per_tensor(torch.zeros(800), 0.1, 0, torch.qint8)]),
)
RATES = st.one_of(
    st.just(16000), st.none(), st.text(), st.integers(), st.floats(), st.builds(object)
)


@given(sound=SAMPLES, sampling_rate=RATES)
def test_nothing_but_our_own_errors_leaves_the_reading_of_samples(sound, sampling_rate):
    for function in (prepare_waveform, load_sound):
        with pytest.raises(AudioError):
            function(sound, sampling_rate)
