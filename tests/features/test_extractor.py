"""The extractor gives the reference's input_values, and says what it cannot take."""

from __future__ import annotations

import json
import sys
import types

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from ast_demo.features.extractor import SOUNDS_AT_ONCE, ASTFeatureExtractor
from ast_demo.features.spectrogram import (
    log_energies,
    log_mel_spectrogram,
    mel_energies,
    pad_or_trim,
    power_spectrum,
)
from tests.helpers.front_end_sounds import (
    RATE,
    SOUNDS,
    TOLERANCE,
    WINDOW_SAMPLES,
    largest_difference,
    noise,
)


def features(sound, extractor: ASTFeatureExtractor | None = None, **options) -> np.ndarray:
    extractor = extractor or ASTFeatureExtractor()
    options = {"sampling_rate": extractor.sampling_rate, "return_tensors": "np", **options}
    return extractor(sound, **options).input_values


# Parity


@pytest.mark.parametrize("sound", SOUNDS.values(), ids=SOUNDS)
def test_input_values_equal_the_reference(sound):
    reference = transformers.ASTFeatureExtractor()
    expected = reference(sound, sampling_rate=RATE, return_tensors="np").input_values
    assert largest_difference(features(sound), expected) < TOLERANCE


@pytest.mark.parametrize(
    "settings",
    [
        {"max_length": 128, "mean": -6.845978, "std": 5.5654526},
        {"do_normalize": False},
        {"num_mel_bins": 64, "max_length": 100},
        {"sampling_rate": 8000, "num_mel_bins": 40},
        {"max_length": 1},
    ],
    ids=str,
)
def test_every_setting_means_what_it_means_in_the_reference(settings):
    ours, theirs = ASTFeatureExtractor(**settings), transformers.ASTFeatureExtractor(**settings)
    expected = theirs(noise(), sampling_rate=ours.sampling_rate, return_tensors="np").input_values
    assert largest_difference(features(noise(), ours), expected) < TOLERANCE


# Golden values that need no download


@pytest.mark.parametrize(
    ("settings", "floor", "padding"),
    [
        ({}, -1.277594, 0.467032),
        ({"mean": -6.845978, "std": 5.5654526}, -0.817221, 0.615042),
    ],
    ids=["AudioSet", "Speech Commands"],
)
def test_normalized_floor_and_padding(settings, floor, padding):
    found = features(np.zeros(RATE, np.float32), ASTFeatureExtractor(**settings))[0]
    assert found[0, 0] == pytest.approx(floor, abs=1e-6)
    assert found[98:] == pytest.approx(padding, abs=1e-6)


# Properties


@settings(max_examples=20, deadline=None)
@given(lengths=st.lists(st.integers(400, 30_000), min_size=1, max_size=2 * SOUNDS_AT_ONCE + 1))
def test_a_batch_equals_one_by_one(lengths):
    extractor = ASTFeatureExtractor(max_length=100)
    sounds = [noise(length, seed) for seed, length in enumerate(lengths)]
    together = features(sounds, extractor)
    for index, sound in enumerate(sounds):
        assert largest_difference(together[index], features(sound, extractor)[0]) < 1e-5


def test_the_stages_lead_from_one_to_the_next():
    extractor = ASTFeatureExtractor()
    stages = extractor.stages(noise(), sampling_rate=RATE)
    shapes = [tuple(stage.shape) for stage in vars(stages).values()]
    assert shapes == [(98, 400), (98, 257), (98, 128), (98, 128), (1024, 128)]
    assert torch.equal(stages.power, power_spectrum(stages.frames))
    assert torch.equal(stages.mel, mel_energies(stages.power))
    assert torch.equal(stages.log_mel, log_energies(stages.mel))
    assert torch.equal(stages.normalized, extractor.finish(stages.log_mel))
    assert largest_difference(stages.normalized, features(noise())[0]) < 1e-5


def test_normalization_divides_by_twice_the_deviation_and_can_be_undone():
    extractor = ASTFeatureExtractor(mean=-4.0, std=3.0)
    assert extractor.normalize(torch.tensor([2.0])).item() == 1.0
    log_mel = log_mel_spectrogram(torch.from_numpy(noise()))
    assert largest_difference(extractor.denormalize(extractor.normalize(log_mel)), log_mel) < 1e-5
    plain = ASTFeatureExtractor(do_normalize=False)
    assert torch.equal(plain.normalize(log_mel), log_mel)
    assert torch.equal(plain.denormalize(log_mel), log_mel)


def test_padding_is_appended_in_the_log_domain_before_normalization():
    extractor = ASTFeatureExtractor(padding_value=-7.0)
    found = features(noise(), extractor)[0]
    expected = (-7.0 - extractor.mean) / (2 * extractor.std)
    assert found[98:] == pytest.approx(expected, abs=1e-6)
    assert pad_or_trim(torch.ones(3, 2), 5).tolist() == [[1, 1]] * 3 + [[0, 0]] * 2
    assert pad_or_trim(torch.ones(3, 2), 1).tolist() == [[1, 1]]


def test_the_attention_mask_tells_sound_from_padding():
    extractor = ASTFeatureExtractor(return_attention_mask=True)
    sounds = [noise(400), noise(RATE), noise(2 * WINDOW_SAMPLES)]
    output = extractor(sounds, sampling_rate=RATE, return_tensors="np")
    assert output.attention_mask.shape == (3, 1024)
    assert output.attention_mask.sum(axis=1).tolist() == [1, 98, 1024]
    assert output.attention_mask[1, :98].all()
    assert "attention_mask" not in ASTFeatureExtractor()(sounds, sampling_rate=RATE)


# What is accepted


ACCEPTED = {
    "float64": lambda sound: sound.astype(np.float64),
    "list of floats": lambda sound: sound.tolist(),
    "tuple of floats": lambda sound: tuple(sound.tolist()),
    "tensor": torch.from_numpy,
    "float64 tensor": lambda sound: torch.from_numpy(sound).double(),
    "tensor with gradient": lambda sound: torch.from_numpy(sound).requires_grad_(),
    "one row": lambda sound: sound[None, :],
    "one column": lambda sound: sound[:, None],
    "list of one array": lambda sound: [sound],
    "list of one list": lambda sound: [sound.tolist()],
    "list of one tensor": lambda sound: [torch.from_numpy(sound)],
    "list of numpy scalars": list,
    "list of tensor scalars": lambda sound: list(torch.from_numpy(sound)),
    "every second of more": lambda sound: np.repeat(sound, 2)[::2],
    "big-endian": lambda sound: sound.astype(">f4"),
    "backwards": lambda sound: sound[::-1].copy()[::-1],
    "read-only": lambda sound: np.frombuffer(sound.tobytes(), np.float32),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("convert", ACCEPTED.values(), ids=ACCEPTED)
def test_a_sound_is_accepted_in_many_kinds(convert):
    sound = noise(2000)
    assert largest_difference(features(convert(sound)), features(sound)) < 1e-6


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    sound = torch.from_numpy(noise(2000)).to(dtype)
    found = features(sound)
    assert found.dtype == np.float32
    assert largest_difference(found, features(sound.float())) == 0.0


@pytest.mark.parametrize(
    ("dtype", "full_scale", "offset"),
    [(np.int8, 2**7, 0), (np.int16, 2**15, 0), (np.int32, 2**31, 0), (np.uint8, 2**7, 2**7)],
)
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["array", "tensor"])
def test_pcm_integers_are_scaled_to_full_scale_one(dtype, full_scale, offset, kind):
    integers = np.random.default_rng(0).integers(-90, 90, 2000) * (full_scale // 128)
    expected = features((integers / full_scale).astype(np.float32))
    found = features(kind((integers + offset).astype(dtype)))
    assert largest_difference(found, expected) < 1e-5


BATCHES = {
    "array": lambda sounds: np.stack(sounds),
    "tensor": lambda sounds: torch.from_numpy(np.stack(sounds)),
    "list of arrays": list,
    "tuple of arrays": tuple,
    "list of lists": lambda sounds: [sound.tolist() for sound in sounds],
    "list of tensors": lambda sounds: [torch.from_numpy(sound) for sound in sounds],
    "list of both": lambda sounds: [sounds[0], torch.from_numpy(sounds[1]), sounds[2].tolist()],
}


@pytest.mark.parametrize("convert", BATCHES.values(), ids=BATCHES)
def test_a_batch_is_accepted_in_many_kinds(convert):
    sounds = [noise(2000, seed) for seed in range(3)]
    reference = transformers.ASTFeatureExtractor()
    expected = reference(sounds, sampling_rate=RATE, return_tensors="np").input_values
    assert largest_difference(features(convert(sounds)), expected) < TOLERANCE


# What comes out


@pytest.fixture(scope="module")
def kinds():
    """The same features as a list, an array and a tensor."""
    extractor = ASTFeatureExtractor(max_length=20)
    sounds = [noise(2000), noise(3000)]
    return [
        extractor(sounds, sampling_rate=RATE, return_tensors=kind).input_values
        for kind in (None, "np", "pt")
    ]


def test_the_result_comes_in_the_kind_asked_for(kinds):
    listed, arrays, tensors = kinds
    assert [type(each) for each in listed] == [np.ndarray, np.ndarray]
    assert (type(listed), type(arrays), type(tensors)) == (list, np.ndarray, torch.Tensor)


def test_every_kind_holds_the_same_float32_numbers(kinds):
    listed, arrays, tensors = kinds
    assert arrays.shape == tuple(tensors.shape) == (2, 20, 128)
    assert arrays.dtype == listed[0].dtype == tensors.numpy().dtype == np.float32
    assert np.array_equal(arrays, tensors.numpy())
    assert np.array_equal(arrays, np.stack(listed))


def test_without_tensorflow_tf_says_what_to_do():
    assert "tensorflow" not in sys.modules
    with pytest.raises(ImportError, match=r"pip install tensorflow.*'pt' or 'np'"):
        features(noise(), return_tensors="tf")


def test_with_tensorflow_tf_hands_over_its_tensor(monkeypatch):
    stub = types.ModuleType("tensorflow")
    stub.convert_to_tensor = lambda array: ("tensor of", array)
    monkeypatch.setitem(sys.modules, "tensorflow", stub)
    kind, array = features(noise(), return_tensors="tf")
    assert kind == "tensor of"
    assert np.array_equal(array, features(noise()))


def test_the_result_is_read_by_attribute_and_name_and_moves():
    output = ASTFeatureExtractor()(noise(), sampling_rate=RATE, return_tensors="pt")
    assert output["input_values"] is output.input_values
    assert output.to(torch.float64).input_values.dtype == torch.float64
    assert output.to("meta").input_values.device.type == "meta"
    with pytest.raises(AttributeError, match="logits"):
        _ = output.logits


# What is refused


def refusal(sound, **options) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the messages are looked at
        features(sound, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_another_rate_is_refused_with_both_rates():
    message = refusal(noise(), sampling_rate=44100)
    assert "44100" in message
    assert "16000" in message
    assert "resample" in message
    with pytest.raises(ValueError, match=r"44100.*16000"):
        ASTFeatureExtractor().stages(noise(), sampling_rate=44100)


def test_a_missing_rate_warns_and_is_assumed():
    with pytest.warns(UserWarning, match=r"16000 Hz is assumed"):
        found = features(noise(), sampling_rate=None)
    assert np.array_equal(found, features(noise()))


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_less_than_one_window_is_refused_with_its_length(samples):
    message = refusal(noise(samples))
    assert f"{samples} samples" in message
    assert "at least 400" in message


def test_an_empty_list_is_refused():
    assert "empty list" in refusal([])


@pytest.mark.parametrize("channels", [2, 6, 32])
def test_channels_last_are_refused_with_the_shape(channels):
    message = refusal(np.zeros((RATE, channels), np.float32))
    assert f"({RATE}, {channels})" in message
    assert "average the channels" in message


def test_channels_of_one_sound_in_a_list_are_refused():
    assert "(16000, 2)" in refusal([np.zeros((RATE, 2), np.float32)])
    assert "(2, 16000)" in refusal([torch.zeros(2, RATE)])
    assert "average the channels" in refusal([[0.0, 0.0]] * RATE)


@pytest.mark.parametrize("kind", [np.zeros, torch.zeros], ids=["array", "tensor"])
def test_three_dimensions_are_refused_with_the_shape(kind):
    assert "(2, 3, 16000)" in refusal(kind((2, 3, RATE)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("position", [0, 777, 1999])
def test_values_that_are_not_finite_are_refused_with_their_place(value, position):
    sound = noise(2000)
    sound[position] = value
    message = refusal(sound)
    assert f"{value} at sample {position}" in message


@pytest.mark.filterwarnings("error")
def test_a_number_too_large_for_float32_is_refused():
    sound = noise(2000).astype(np.float64)
    sound[5] = 1e300
    assert "inf at sample 5" in refusal(sound)


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, bool, np.complex64])
def test_integers_of_unknown_scale_are_refused_by_name(dtype):
    message = refusal(np.ones(2000, dtype))
    assert np.dtype(dtype).name in message
    assert "int16" in message


@pytest.mark.parametrize("sound", ["sound.wav", b"RIFF", None, 3.0, {"array": [0.0]}], ids=repr)
def test_what_is_no_sound_is_refused_by_its_type(sound):
    assert type(sound).__name__ in refusal(sound)


@pytest.mark.parametrize(
    "sound", [["a", "b"] * 400, [[0.0], "b"], [None] * 400], ids=["text", "mixed", "none"]
)
def test_lists_of_what_is_no_number_are_refused(sound):
    assert "sound" in refusal(sound)


def test_an_unknown_kind_of_tensor_is_refused_by_name():
    assert "'jax'" in refusal(noise(), return_tensors="jax")


BAD_SETTINGS = {
    "sampling_rate": [0, -1, 999, 16000.5, "16000", True, None, 10**9],
    "num_mel_bins": [0, 3, -1, 128.0, "128", 10**9],
    "max_length": [0, -1, 2.5, None, 10**9],
    "feature_size": [0, "1"],
    "padding_value": ["0", None, float("nan"), float("inf"), True],
    "mean": ["0", None, float("nan"), True],
    "std": [0.0, -1.0, float("nan"), float("inf"), "1"],
    "do_normalize": [None, 1, "true"],
    "return_attention_mask": [None, 0, "false"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_SETTINGS.items() for value in values]
)
def test_a_bad_setting_is_refused_by_name_and_value(name, value):
    with pytest.raises(ValueError, match=name) as caught:
        ASTFeatureExtractor(**{name: value})
    assert repr(value) in str(caught.value)


# The preprocessor file


def test_the_preprocessor_file_is_the_published_one(tmp_path):
    ASTFeatureExtractor().save_pretrained(tmp_path)
    transformers.ASTFeatureExtractor().save_pretrained(tmp_path / "reference")
    ours = json.loads((tmp_path / "preprocessor_config.json").read_text())
    theirs = json.loads((tmp_path / "reference" / "preprocessor_config.json").read_text())
    assert ours == theirs
    assert len(ours) == 11


def test_extractors_load_each_other(tmp_path):
    settings = {"max_length": 128, "mean": -6.845978, "std": 5.5654526, "num_mel_bins": 64}
    ASTFeatureExtractor(**settings).save_pretrained(tmp_path / "ours")
    transformers.ASTFeatureExtractor(**settings).save_pretrained(tmp_path / "theirs")
    read_by_them = transformers.ASTFeatureExtractor.from_pretrained(tmp_path / "ours")
    read_by_us = ASTFeatureExtractor.from_pretrained(tmp_path / "theirs")
    expected = read_by_them(noise(), sampling_rate=RATE, return_tensors="np").input_values
    assert largest_difference(features(noise(), read_by_us), expected) < TOLERANCE


def test_unknown_keys_of_the_preprocessor_file_are_ignored():
    extractor = ASTFeatureExtractor.from_dict({"std": 2.0, "processor_class": "X", "n_fft": 512})
    assert extractor.std == 2.0
    assert "std=2.0" in repr(extractor)
