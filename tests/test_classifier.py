"""AudioClassifier: what it decides at loading, what it notes, and that its maps are true."""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest
import torch

from ast_demo.audio.load import Audio, AudioError
from ast_demo.checkpoint.config import ASTConfig
from ast_demo.checkpoint.errors import CheckpointError
from ast_demo.classifier import AudioClassifier
from ast_demo.explain import attention_maps
from ast_demo.explain.explanation import Prediction
from ast_demo.features.extractor import ASTFeatureExtractor, samples_for
from ast_demo.model import cuda_graphs, device
from ast_demo.model.device import choose_device, choose_dtype
from ast_demo.model.scores import score_rule
from ast_demo.model.transformer import ASTForAudioClassification
from tests.helpers.models import hearing_classifier, save_checkpoint

LABELS = ["Dog", "Rain", "Speech", "Glass", "Clock"]
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_length": 64,
    "num_mel_bins": 48,
}
FULL_WINDOW = samples_for(SHAPE["max_length"])  # 10480 samples, 0.655 s


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny checkpoint with weights large enough that no two sounds look alike."""
    folder = tmp_path_factory.mktemp("tiny")
    classifier = hearing_classifier(LABELS, std=0.3, **SHAPE, problem_type=None)
    return save_checkpoint(classifier, folder)


@pytest.fixture(scope="module")
def tiny(folder):
    return AudioClassifier.load(folder, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def explanation(tiny):
    return tiny.explain(noise(6000))


def noise(samples, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


def encoded(tiny, explanation):
    """Every layer's trace with all its queries, straight from the model."""
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0)
    with torch.inference_mode():
        encoder = tiny.model.audio_spectrogram_transformer
        return encoder.encode(batch, keep_traces=True).traces


def config(**values):
    return ASTConfig(**SHAPE, **values)


# Loading


def test_loading_decides_device_dtype_rule_and_labels(tiny, folder):
    assert tiny.device.type == "cpu"
    assert tiny.dtype == torch.float32
    assert tiny.rule == "softmax"
    assert tiny.labels == LABELS
    assert tiny.checkpoint.name == str(folder)
    assert tiny.grid.num_tokens == 2 + 4 * 5
    assert tiny.window_seconds == pytest.approx(0.655)


def test_a_loaded_model_is_in_evaluation_mode_without_gradients(tiny):
    assert not tiny.model.training
    assert not any(parameter.requires_grad for parameter in tiny.model.parameters())


def test_loading_takes_a_dtype_by_name(folder):
    assert AudioClassifier.load(folder, device="cpu", dtype="bfloat16").dtype == torch.bfloat16


def test_bfloat16_scores_stay_near_those_of_float32(tiny, folder):
    half = AudioClassifier.load(folder, device="cpu", dtype="bfloat16")
    expected, actual = tiny.classify(noise(6000)).scores, half.classify(noise(6000)).scores
    difference = max(abs(expected[label] - actual[label]) for label in LABELS)
    assert difference < 0.05, f"largest difference {difference:.3g}"


def test_eager_attention_gives_the_same_scores(tiny, folder):
    eager = AudioClassifier.load(folder, "cpu", "float32", attn_implementation="eager")
    assert eager.classify(noise(6000)).scores == pytest.approx(tiny.classify(noise(6000)).scores)


def test_an_unknown_name_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="there is no checkpoint 'no such model'"):
        AudioClassifier.load("no such model")


def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="device is 'abacus', which this machine does not have"):
        choose_device("abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens without CUDA")
def test_cuda_is_refused_where_there_is_none():
    with pytest.raises(ValueError, match="device is 'cuda', which this machine does not have"):
        choose_device("cuda")


def test_the_automatic_device_is_cuda_only_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == torch.device("cuda")


@pytest.mark.parametrize(("gain", "expected"), [(0.4, torch.float32), (2.0, torch.bfloat16)])
def test_the_automatic_cpu_dtype_is_bfloat16_only_where_it_measures_faster(
    monkeypatch, gain, expected
):
    monkeypatch.setattr(device, "bfloat16_gain", lambda: gain)
    assert choose_dtype("auto", torch.device("cpu")) == expected


def test_the_automatic_cuda_dtype_is_float16():
    assert choose_dtype("auto", torch.device("cuda")) == torch.float16


def test_a_dtype_asked_for_is_not_measured(monkeypatch):
    monkeypatch.delattr(device, "bfloat16_gain")
    assert choose_dtype("float32", torch.device("cpu")) == torch.float32


def test_a_dtype_that_is_no_floating_point_type_is_refused():
    with pytest.raises(ValueError, match="dtype is 'int64', expected float32"):
        choose_dtype("int64", torch.device("cpu"))


# The threshold


def prediction(scores, threshold, rule="sigmoid"):
    return Prediction(scores, rule, (), {}, threshold)


def test_a_best_score_under_the_threshold_is_nothing_the_model_knows():
    doubtful = prediction({"dog": 0.39, "cat": 0.1}, 0.4)
    assert doubtful.abstains
    assert doubtful.answer == "nothing it knows"
    assert doubtful.top(1) == [("dog", 0.39)]  # the scores are still there


def test_a_best_score_at_the_threshold_is_an_answer():
    sure = prediction({"dog": 0.4, "cat": 0.1}, 0.4)
    assert not sure.abstains
    assert sure.answer == "dog"


def test_a_regression_and_a_model_without_threshold_never_abstain():
    assert not prediction({"age": -3.0}, 0.4, "linear").abstains
    assert not prediction({"dog": 0.0}, 0.0).abstains


# The rule


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"num_labels": 5}, "softmax"),
        ({"num_labels": 527}, "sigmoid"),  # AudioSet's checkpoints state no problem_type
        ({"num_labels": 527, "problem_type": "single_label_classification"}, "softmax"),
        ({"num_labels": 5, "problem_type": "multi_label_classification"}, "sigmoid"),
        ({"num_labels": 5, "problem_type": "regression"}, "linear"),
        ({"num_labels": 1}, "linear"),
    ],
)
def test_the_rule_follows_problem_type_then_the_count_of_labels(values, rule):
    assert score_rule(config(**values)) == rule


@pytest.mark.parametrize(
    ("problem_type", "function"),
    [
        ("single_label_classification", lambda logits: logits.softmax(-1)),
        ("multi_label_classification", torch.sigmoid),
        ("regression", lambda logits: logits),
    ],
)
def test_scores_are_the_rule_applied_to_the_logits(problem_type, function):
    model = ASTForAudioClassification(config(num_labels=5, problem_type=problem_type))
    owner = AudioClassifier(model, ASTFeatureExtractor(max_length=64, num_mel_bins=48))
    logits = torch.tensor([[-2.0, 0.5, 3.0, 0.0, 1.0]])
    np.testing.assert_allclose(owner.scores_of(logits), function(logits).numpy(), rtol=1e-6)


# Scores


def test_scores_are_those_of_the_model_highest_first(tiny):
    prediction = tiny.classify(noise(6000))
    batch = tiny.extractor(noise(6000), sampling_rate=16000, return_tensors="pt").input_values
    with torch.inference_mode():
        expected = tiny.model(batch).logits.softmax(-1)[0]
    assert sorted(prediction.scores) == sorted(LABELS)
    assert list(prediction.scores.values()) == sorted(expected.tolist(), reverse=True)
    for label, score in zip(LABELS, expected.tolist()):
        assert prediction.scores[label] == pytest.approx(score, abs=1e-6)


def test_top_gives_the_first_labels(tiny):
    prediction = tiny.classify(noise(6000))
    assert prediction.top(2) == list(prediction.scores.items())[:2]


def test_a_batch_gives_what_one_by_one_gives(tiny):
    sounds = [noise(6000, 1), noise(400, 2), noise(20000, 3)]
    together = tiny.classify_batch(sounds)
    for sound, prediction in zip(sounds, together):
        alone = tiny.classify(sound)
        assert prediction.scores == pytest.approx(alone.scores, abs=1e-6)
        assert prediction.notes == alone.notes


def test_a_batch_goes_through_the_model_in_parts_and_keeps_its_order(tiny, monkeypatch):
    sizes = []
    hook = tiny.model.register_forward_pre_hook(lambda model, given: sizes.append(len(given[0])))
    sounds = [noise(5000 + 900 * n, n) for n in range(7)]
    whole = tiny.classify_batch(sounds)
    monkeypatch.setattr(device, "BATCH_BYTES_CPU", 3 * 4 * tiny.grid.num_tokens * 48)
    parts = tiny.classify_batch(sounds)
    hook.remove()
    assert sizes == [7, 3, 3, 1]
    for one, other in zip(parts, whole):
        assert one.scores == pytest.approx(other.scores, abs=1e-6)
        assert list(one.timings) == list(other.timings)
        assert one.notes == other.notes


@pytest.mark.parametrize(
    ("kind", "num_tokens", "intermediate_size", "windows"),
    [
        ("cpu", 1214, 3072, 1),  # 87 M parameters: slower together than one by one
        ("cpu", 602, 768, 4),  # the bundled model
        ("cpu", 146, 192, 8),
        ("cpu", 12002, 3072, 1),
        ("cuda", 1214, 3072, 64),
        ("cuda", 12002, 3072, 7),
    ],
)
def test_as_many_windows_go_at_once_as_fit(kind, num_tokens, intermediate_size, windows):
    assert device.windows_at_once(torch.device(kind), num_tokens, intermediate_size) == windows


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
@pytest.mark.parametrize("how", ["kept", "returned"])
def test_freed_memory_is_kept_for_the_next_layer(how):
    script = """
import ctypes, sys, torch
from ast_demo.model.device import LARGEST_FREED, keep_freed_memory

FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"

class MallInfo(ctypes.Structure):  # man mallinfo
    _fields_ = [(name, ctypes.c_int) for name in FIELDS.split()]

mallinfo = ctypes.CDLL(None).mallinfo
mallinfo.restype = MallInfo
if sys.argv[1] == "kept":
    keep_freed_memory()
before = mallinfo()
block = torch.empty(LARGEST_FREED - 4096, dtype=torch.uint8)
during = mallinfo()
del block
after = mallinfo()
print(during.hblkhd - before.hblkhd, after.fordblks - during.fordblks, LARGEST_FREED - 4096)
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    printed = subprocess.check_output([sys.executable, "-c", script, how], env=environment)
    mapped, free_in_the_heap, block = (int(number) for number in printed.split())
    assert (mapped < block) == (how == "kept"), "a mapped block goes back to the system when freed"
    assert (free_in_the_heap >= block) == (how == "kept")


@pytest.mark.filterwarnings("error")  # torch warns where it shares what may not be written
def test_the_given_array_is_neither_changed_nor_kept(tiny):
    samples = noise(20000)
    samples.flags.writeable = False
    explanation = tiny.explain(samples)
    tiny.classify(samples)
    tiny.embed(samples)
    kept = explanation.waveform
    assert np.array_equal(kept, samples[:FULL_WINDOW])
    assert not np.shares_memory(kept, samples)
    assert kept.base is None, "the whole sound is kept for the sake of its window"


def test_explaining_gives_the_scores_and_notes_of_classifying(tiny, explanation):
    prediction = tiny.classify(noise(6000))
    assert explanation.scores == pytest.approx(prediction.scores, abs=1e-6)
    assert explanation.notes == prediction.notes
    assert explanation.rule == prediction.rule


def test_timings_name_every_stage_in_milliseconds(tiny, explanation):
    assert list(tiny.classify(noise(6000)).timings) == ["features", "model"]
    assert list(explanation.timings) == ["features", "model", "rollout"]
    assert all(0 < spent < 60_000 for spent in explanation.timings.values())


def test_what_is_captured_on_cuda_answers_as_the_plain_way_does(folder, monkeypatch):
    """A graph that only calls the function again stands in for a CUDA graph."""
    tried = []

    def capture(function, inputs):
        tried.append(function)
        return function

    monkeypatch.setattr(cuda_graphs, "capture_graph", capture)
    monkeypatch.setattr(cuda_graphs, "GAIN", 1e-9)
    classifier = AudioClassifier.load(folder, device="cpu", dtype="float32")
    shape = (2, SHAPE["max_length"], SHAPE["num_mel_bins"])
    batch = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    logits, traces, tokens = classifier.logits_and_rollout(batch)
    torch.testing.assert_close(classifier.logits(batch), logits)
    assert tokens.sum(-1) == pytest.approx(torch.ones(2), abs=1e-5)
    with torch.inference_mode():
        for _ in range(3):
            found = classifier._graphed_rollout(batch)
            torch.testing.assert_close(classifier._graphed_logits(batch), logits)
            assert torch.equal(found[0], logits)
            assert torch.equal(found[2], tokens)
            assert len(found[1]) == len(traces)
    assert len(tried) == 3, "labels, labels and rollout, and the latter with the fused kernel"


def test_embed_gives_the_pooled_vector(tiny):
    batch = tiny.extractor(noise(6000), sampling_rate=16000, return_tensors="pt").input_values
    with torch.inference_mode():
        expected = tiny.model.audio_spectrogram_transformer(batch).pooler_output[0]
    vector = tiny.embed(noise(6000))
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, expected.numpy(), atol=1e-5)


# Notes: nothing happens to a sound silently


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (FULL_WINDOW - 160, ["0.65 s long, padded to the window of 0.66 s"]),
        (FULL_WINDOW - 1, ["0.65 s long, padded to the window of 0.66 s"]),
        (FULL_WINDOW, []),
        (FULL_WINDOW + 159, []),  # a rest shorter than a hop makes no frame
        (FULL_WINDOW + 160, ["0.67 s long, the first 0.66 s are used"]),
        (48000, ["3.00 s long, the first 0.66 s are used"]),
    ],
)
def test_notes_tell_padding_and_cutting_and_nothing_when_the_window_is_full(
    tiny, samples, expected
):
    assert list(tiny.classify(noise(samples)).notes) == expected
    assert list(tiny.explain(noise(samples)).notes) == expected


def test_notes_tell_downmixing_and_resampling_before_the_window(tiny):
    stereo = np.stack([noise(48000), noise(48000, 1)], axis=1)
    assert tiny.classify(stereo, sampling_rate=48000).notes == (
        "2 channels averaged to mono",
        "resampled from 48 000 to 16 000 Hz, content above 8 kHz discarded",
        "1.00 s long, the first 0.66 s are used",
    )


def test_notes_of_a_loaded_sound_come_first(tiny):
    audio = Audio(noise(FULL_WINDOW), 16000, ("ends early",))
    assert tiny.classify(audio).notes == ("ends early",)


def test_a_loaded_sound_brings_its_own_rate(tiny):
    audio = Audio(noise(32000), 32000, ("decoded",))
    prediction = tiny.classify(audio, sampling_rate=16000)
    assert prediction.scores == pytest.approx(tiny.classify(noise(32000), 32000).scores)
    assert prediction.notes[:2] == (
        "decoded",
        "resampled from 32 000 to 16 000 Hz, content above 8 kHz discarded",
    )


def test_what_lies_beyond_the_window_changes_nothing(tiny):
    short, long = noise(FULL_WINDOW), noise(FULL_WINDOW + 160)
    long[:FULL_WINDOW] = short
    assert tiny.classify(long).scores == pytest.approx(tiny.classify(short).scores, abs=1e-6)


# What an explanation holds


def test_an_explanation_holds_the_models_input(tiny, explanation):
    stages = tiny.extractor.stages(noise(6000))
    assert explanation.num_frames == 36
    assert explanation.seconds == pytest.approx(0.375)
    np.testing.assert_array_equal(explanation.waveform, noise(6000))
    np.testing.assert_allclose(explanation.log_mel, stages.log_mel.numpy(), atol=1e-5)
    np.testing.assert_allclose(explanation.input_values, stages.normalized.numpy(), atol=1e-5)


def test_a_long_sound_keeps_only_its_window(tiny):
    explanation = tiny.explain(noise(48000))
    assert explanation.seconds == pytest.approx(3.0)
    assert explanation.num_frames == 64
    assert explanation.waveform.shape == (FULL_WINDOW,)
    assert explanation.log_mel.shape == (64, 48)


def test_bytes_held_are_those_of_queries_keys_and_arrays(explanation):
    tokens, hidden = explanation.grid.num_tokens, SHAPE["hidden_size"]
    kept = 4 * hidden * 3 * 2 * tokens
    for trace in explanation.traces:  # what the rollout needed beside them
        kept += sum(part.nbytes for part in (trace.log_sums, trace.mean) if part is not None)
    arrays = 4 * (36 * 48 + 64 * 48 + 6000)
    assert explanation.nbytes == kept + arrays


def test_rollout_equals_the_function_on_the_models_traces(tiny, explanation):
    tokens = attention_maps.rollout(encoded(tiny, explanation))[0]
    expected = attention_maps.patch_values(tokens).reshape(4, 5).numpy()
    np.testing.assert_allclose(explanation.rollout, expected, atol=1e-6)
    share = float(attention_maps.special_share(tokens))
    assert explanation.special_share == pytest.approx(share, abs=1e-6)
    assert explanation.rollout.sum() + explanation.special_share == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_attention_of_the_pooled_output_equals_the_function(tiny, explanation, layer):
    rows = attention_maps.pooled_attention(encoded(tiny, explanation)[layer])[0, :, 2:]
    for head in range(4):
        expected = rows[head].reshape(4, 5).numpy()
        np.testing.assert_allclose(explanation.attention(layer, head), expected, atol=1e-6)
    mean = rows.mean(0).reshape(4, 5).numpy()
    np.testing.assert_allclose(explanation.attention(layer), mean, atol=1e-6)


@pytest.mark.parametrize("token", [0, 1, 2, 13, 21])
def test_attention_of_any_token_equals_the_function_in_every_layer(tiny, token):
    explanation = tiny.explain(noise(6000))
    for layer, trace in enumerate(encoded(tiny, explanation)):
        rows = attention_maps.attention_rows(trace, [token])[0, :, 0, 2:]
        expected = rows[3].reshape(4, 5).numpy()
        actual = explanation.attention(layer, head=3, token=token)
        np.testing.assert_allclose(actual, expected, atol=1e-6)


@pytest.mark.parametrize("token", [1, 9])
def test_rollout_from_a_token_equals_the_function(tiny, token):
    explanation = tiny.explain(noise(6000))
    traces = encoded(tiny, explanation)
    tokens = attention_maps.rollout(traces, [token])[0]
    expected = tokens[2:].reshape(4, 5).numpy()
    np.testing.assert_allclose(explanation.rollout_from(token), expected, atol=1e-6)


def test_what_any_token_attended_to_is_answered_without_the_model(folder, monkeypatch):
    classifier = AudioClassifier.load(folder, device="cpu", dtype="float32")
    explanation = classifier.explain(noise(6000))
    for owner in (classifier.model, classifier.model.audio_spectrogram_transformer):
        monkeypatch.setattr(owner, "forward", None)
        monkeypatch.setattr(owner, "encode", None, raising=False)
    assert explanation.attention(2, token=9).sum() > 0
    assert explanation.rollout_from(9).sum() > 0


@pytest.mark.parametrize("label", LABELS)
def test_relevance_equals_the_function(tiny, explanation, label):
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0)
    tokens = attention_maps.relevance(tiny.model, batch, LABELS.index(label))[0]
    expected = tokens[2:].reshape(4, 5).numpy()
    np.testing.assert_allclose(explanation.relevance(label), expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(explanation.relevance_tokens(label), tokens, rtol=1e-5, atol=1e-7)


# Errors


@pytest.mark.parametrize("layer", [-1, 3])
def test_an_unknown_layer_is_refused(explanation, layer):
    with pytest.raises(ValueError, match=f"layer is {layer}, expected 0 to 2"):
        explanation.attention(layer)


@pytest.mark.parametrize("head", [-1, 4])
def test_an_unknown_head_is_refused(explanation, head):
    with pytest.raises(ValueError, match=f"head is {head}, expected 0 to 3 or None"):
        explanation.attention(0, head)


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (22, "token is 22, expected 0 to 21"),
        (-1, "token is -1, expected 0 to 21"),
        ("cls", "token is 'cls', expected 'pooled' or a token number"),
        (True, "token is True, expected 'pooled' or a token number"),
    ],
)
def test_an_unknown_token_is_refused(explanation, token, message):
    with pytest.raises(ValueError, match=message):
        explanation.attention(0, token=token)
    with pytest.raises(ValueError, match=message):
        explanation.rollout_from(token)


def test_an_unknown_label_is_refused_and_known_ones_are_named(explanation):
    with pytest.raises(
        ValueError, match="no label 'Cat', expected one of its 5 labels such as Dog"
    ):
        explanation.relevance("Cat")


@pytest.mark.parametrize("method", ["classify", "explain", "embed"])
@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (np.zeros(399, np.float32), "lasts 24.9 ms, expected at least 25 ms"),
        (np.array([0.0, np.nan] * 400, np.float32), "not finite"),
        (np.zeros((500, 2, 2), np.float32), r"shape \(500, 2, 2\)"),
        ("a sentence", "does not exist"),
    ],
)
def test_sounds_that_cannot_be_used_are_refused(tiny, method, sound, message):
    with pytest.raises(AudioError, match=message):
        getattr(tiny, method)(sound)


@pytest.mark.parametrize("method", ["classify", "explain", "embed"])
@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.full(8000, np.inf, np.float32), "the sound holds inf at sample 0"),
        (np.zeros(100, np.float32), "the sound has 100 samples, expected at least 400"),
    ],
)
def test_an_audio_built_by_hand_is_checked_too(tiny, method, waveform, message):
    with pytest.raises(ValueError, match=message):
        getattr(tiny, method)(Audio(waveform, 16000))


def test_silence_is_scored_and_named(tiny):
    prediction = tiny.classify(np.zeros(FULL_WINDOW, np.float32))
    assert prediction.notes == ("digital silence: every sample is zero",)
    assert all(np.isfinite(score) for score in prediction.scores.values())


def test_repeated_labels_are_numbered_so_that_no_score_is_lost():
    config = ASTConfig(**SHAPE, id2label={0: "Dog", 1: "Cat", 2: "Dog", 3: "Dog"})
    model = ASTForAudioClassification(config)
    extractor = ASTFeatureExtractor(max_length=64, num_mel_bins=48)
    prediction = AudioClassifier(model, extractor).classify(np.zeros(FULL_WINDOW, np.float32))
    assert sorted(prediction.scores) == ["Cat", "Dog", "Dog (2)", "Dog (3)"]


def test_a_model_that_was_warmed_up_has_run_once_and_answers_the_same(tiny, monkeypatch):
    before = tiny.classify(noise(6000)).scores
    shapes = []
    encode = type(tiny.model.audio_spectrogram_transformer).encode
    monkeypatch.setattr(
        type(tiny.model.audio_spectrogram_transformer),
        "encode",
        lambda self, inputs, *mask, **given: (
            shapes.append(inputs.shape) or encode(self, inputs, *mask, **given)
        ),
    )
    tiny.warm_up()
    assert shapes == [(1, SHAPE["max_length"], SHAPE["num_mel_bins"])]
    assert tiny.classify(noise(6000)).scores == before


@pytest.mark.parametrize(
    ("asked", "chosen", "reason"),
    [
        (
            ("auto", "auto"),
            ("cuda", "float16"),
            "there is a CUDA device, which is fastest in float16",
        ),
        (("auto", "auto"), ("cpu", "bfloat16"), "there is no CUDA device; bfloat16 is 1.3 times"),
        (
            ("auto", "auto"),
            ("cpu", "float32"),
            "there is no CUDA device; bfloat16 is not 1.3 times",
        ),
        (("cpu", "float32"), ("cpu", "float32"), "as asked for; the dtype as asked for"),
        (("cuda", "auto"), ("cuda", "float16"), "as asked for, which is fastest in float16"),
        (("mps", "auto"), ("mps", "float32"), "as asked for"),
    ],
)
def test_the_reason_for_device_and_dtype_is_told(asked, chosen, reason):
    place, dtype = torch.device(chosen[0]), getattr(torch, chosen[1])
    assert device.placement_reason(asked[0], place, asked[1], dtype).startswith(reason)


def test_a_loaded_model_tells_why_it_is_where_it_is(tmp_path):
    model = ASTForAudioClassification(
        ASTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    )
    model.save_pretrained(tmp_path)
    ASTFeatureExtractor().save_pretrained(tmp_path)
    loaded = AudioClassifier.load(tmp_path, device="cpu", dtype="float32")
    assert loaded.placement == "as asked for; the dtype as asked for"
