"""The models give the reference's numbers, for every shape, activation, problem and way to ask."""

from __future__ import annotations

import pytest
import torch
import transformers
from torch.nn import functional as F

from ast_demo.checkpoint.config import ACTIVATION_NAMES, ASTConfig
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.attention import attention_weights
from ast_demo.model.transformer import ASTForAudioClassification, ASTModel, classification_loss
from tests.helpers.models import TINY, ours, pair, randomize, spectrograms

TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}  # float32

SHAPES = {
    "tiny": {},
    "overlapping patches": {"frequency_stride": 1, "time_stride": 1},
    "gaps between patches": {"frequency_stride": 5, "time_stride": 3},
    "different strides": {"frequency_stride": 3, "time_stride": 2},
    "patch 16 stride 10": {
        "patch_size": 16,
        "frequency_stride": 10,
        "time_stride": 10,
        "num_mel_bins": 128,
        "max_length": 64,
    },
    "one patch": {"patch_size": 16, "max_length": 16},
    "odd mel bins": {"num_mel_bins": 19, "max_length": 31},
    "no bias": {"qkv_bias": False},
    "one label": {"num_labels": 1},
    "no head": {"num_labels": 0},
    "many labels": {"num_labels": 527},
    "one head": {"num_attention_heads": 1},
    "heads of one": {"num_attention_heads": 32},
    "one layer": {"num_hidden_layers": 1},
    "five layers": {"num_hidden_layers": 5},
    "large epsilon": {"layer_norm_eps": 0.1},
}


def assert_close(ours, theirs, what):
    torch.testing.assert_close(ours, theirs, **TOLERANCE, msg=lambda text: f"{what}: {text}")


@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_logits_hidden_states_and_attentions_equal_the_reference(shape, attn_implementation):
    model, reference = pair(**shape)  # only its eager attention hands out attentions
    model.set_attn_implementation(attn_implementation)
    batch = spectrograms(model.config)
    with torch.no_grad():
        found = model(batch, output_attentions=True, output_hidden_states=True)
        expected = reference(batch, output_attentions=True, output_hidden_states=True)
    assert_close(found.logits, expected.logits, "logits")
    assert len(found.hidden_states) == len(expected.hidden_states)
    for index, (a, b) in enumerate(zip(found.hidden_states, expected.hidden_states)):
        assert_close(a, b, f"hidden state {index}")
    assert len(found.attentions) == len(expected.attentions) == model.config.num_hidden_layers
    for index, (a, b) in enumerate(zip(found.attentions, expected.attentions)):
        assert_close(a, b, f"attention {index}")


@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
def test_the_bare_encoder_equals_the_reference(attn_implementation):
    model, reference = pair(attn_implementation, bare=True)
    batch = spectrograms(model.config, batch=3)
    with torch.no_grad():
        found, expected = model(batch), reference(batch)
    assert_close(found.last_hidden_state, expected.last_hidden_state, "last hidden state")
    assert_close(found.pooler_output, expected.pooler_output, "pooler output")


@pytest.mark.parametrize("name", [name for name in ACTIVATION_NAMES if name != "selu"])
def test_every_activation_equals_the_reference(name):
    model, reference = pair(hidden_act=name)
    batch = spectrograms(model.config)
    with torch.no_grad():
        assert_close(model(batch).logits, reference(batch).logits, name)


def test_selu_which_the_reference_documents_and_lacks_follows_its_formula():
    with pytest.raises(KeyError):
        transformers.ASTModel(transformers.ASTConfig(**TINY, hidden_act="selu"))
    scale, alpha = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017, section 2

    def formula(x):
        return scale * torch.where(x > 0, x, alpha * (x.exp() - 1))

    named, written = ours(hidden_act="selu"), ours(hidden_act=formula)
    batch = spectrograms(named.config)
    with torch.no_grad():
        assert_close(named(batch).logits, written(batch).logits, "selu")


def test_a_function_serves_as_activation():
    silu, relu = ours(hidden_act=F.silu), ours(hidden_act="relu")
    batch = spectrograms(silu.config)
    with torch.no_grad():
        assert_close(ours(hidden_act=F.relu)(batch).logits, relu(batch).logits, "relu")
        assert not torch.allclose(silu(batch).logits, relu(batch).logits)


LOSSES = {
    "regression of one": (1, "regression", torch.tensor([0.3, -2.0])),
    "regression of a column": (1, "regression", torch.tensor([[0.3], [-2.0]])),
    "regression of several": (3, "regression", torch.tensor([[0.1, 2, 3], [4, 5, -6.0]])),
    "single choice": (5, "single_label_classification", torch.tensor([4, 0])),
    "several labels": (3, "multi_label_classification", torch.tensor([[0, 1, 1], [0, 0, 1.0]])),
    "unstated, one label": (1, None, torch.tensor([0.3, -2.0])),
    "unstated, integers": (5, None, torch.tensor([1, 2])),
    "unstated, floats": (3, None, torch.tensor([[0, 1, 1], [0, 0, 1.0]])),
}


@pytest.mark.parametrize(("num_labels", "problem_type", "labels"), LOSSES.values(), ids=LOSSES)
def test_loss_equals_the_reference(num_labels, problem_type, labels):
    model, reference = pair(num_labels=num_labels, problem_type=problem_type)
    batch = spectrograms(model.config)
    with torch.no_grad():
        found, expected = model(batch, labels=labels), reference(batch, labels=labels)
    assert_close(found.loss, expected.loss, "loss")
    assert_close(found.logits, expected.logits, "logits")


def test_an_unstated_problem_is_decided_anew_for_each_batch():
    model = ours(num_labels=3)
    batch = spectrograms(model.config)
    logits = model(batch).logits
    single = model(batch, labels=torch.tensor([0, 2])).loss
    several = model(batch, labels=torch.eye(3)[:2]).loss
    assert_close(single, F.cross_entropy(logits, torch.tensor([0, 2])), "single")
    assert_close(several, F.binary_cross_entropy_with_logits(logits, torch.eye(3)[:2]), "several")
    assert model.config.problem_type is None


def test_int32_class_labels_are_a_single_choice():
    model = ours(num_labels=3)
    batch, labels = spectrograms(model.config), torch.tensor([0, 2])
    wide, narrow = (model(batch, labels=kind).loss for kind in (labels, labels.int()))
    assert_close(narrow, wide, "loss")


@pytest.mark.parametrize("problem_type", ["multi_label_classification", "regression"])
def test_labels_of_the_wrong_shape_are_refused_with_both_shapes(problem_type):
    config = ASTConfig(num_labels=3, problem_type=problem_type)
    with pytest.raises(ValueError, match=r"\(2, 4\).*\(2, 3\)"):
        classification_loss(torch.zeros(2, 3), torch.zeros(2, 4), config)


@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
def test_gradients_equal_the_reference(attn_implementation):
    model, reference = pair(attn_implementation, num_labels=5)
    batch, labels = spectrograms(model.config), torch.tensor([3, 1])
    for each in (model, reference):
        each.train()  # every dropout is 0.0
        each(batch, labels=labels).loss.backward()
    expected = dict(reference.named_parameters())
    for name, parameter in model.named_parameters():
        assert_close(parameter.grad, expected[name].grad, name)


def test_eager_and_fused_attention_agree():
    model = ours()
    batch = spectrograms(model.config)
    with torch.no_grad():
        fused = model(batch, output_attentions=True, output_hidden_states=True)
        model.set_attn_implementation("eager")
        plain = model(batch, output_attentions=True, output_hidden_states=True)
    assert_close(fused.to_tuple(), plain.to_tuple(), "outputs")


@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
def test_attention_rows_sum_to_one(attn_implementation):
    model = ours()
    model.set_attn_implementation(attn_implementation)
    with torch.no_grad():
        attentions = model(spectrograms(model.config), output_attentions=True).attentions
    for attention in attentions:
        assert_close(attention.sum(-1), torch.ones(attention.shape[:-1]), "row sums")


def silence_heads(reference, mask):
    """Do to the reference what a head mask does: scale the columns of o_proj of each head."""
    head_dim = reference.config.hidden_size // reference.config.num_attention_heads
    layers = reference.audio_spectrogram_transformer.layers
    with torch.no_grad():
        for layer, factors in zip(layers, mask.expand(len(layers), -1)):
            layer.attention.o_proj.weight *= factors.repeat_interleave(head_dim)


MASKS = {
    "one head silent": torch.tensor([1.0, 0.0, 1.0, 1.0]),
    "by layer": torch.tensor([[1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0]]),
    "weighted": torch.tensor([[0.5, 1.0, 2.0, 0.1], [1.0, 0.3, 0.0, 1.0]]),
    "all silent": torch.zeros(4),
}


@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_head_mask_silences_heads(mask, attn_implementation):
    model, reference = pair(attn_implementation)
    silence_heads(reference, mask)
    batch = spectrograms(model.config)
    with torch.no_grad():
        found = model(batch, head_mask=mask, output_hidden_states=True)
        expected = reference(batch, output_hidden_states=True)
        assert_close(model(batch, mask).logits, found.logits, "logits of the pooled pass")
    assert_close(found.logits, expected.logits, "logits")
    for index, (a, b) in enumerate(zip(found.hidden_states, expected.hidden_states)):
        assert_close(a, b, f"hidden state {index}")


@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
def test_a_head_mask_multiplies_the_attentions_handed_out(attn_implementation):
    # transformers 4 multiplied softmax by the mask before handing it out.
    model = ours(num_hidden_layers=1)
    model.set_attn_implementation(attn_implementation)
    batch, mask = spectrograms(model.config), torch.tensor([1.0, 0.0, 0.5, 2.0])
    with torch.no_grad():
        plain = model(batch, output_attentions=True).attentions[0]
        masked = model(batch, head_mask=mask, output_attentions=True).attentions[0]
    assert_close(masked, plain * mask.view(1, 4, 1, 1), "attention")


def test_a_head_mask_of_ones_changes_nothing():
    model = ours()
    batch = spectrograms(model.config)
    with torch.no_grad():
        assert_close(model(batch, head_mask=torch.ones(2, 4)).logits, model(batch).logits, "ones")


@pytest.mark.parametrize("shape", [(3,), (4, 2), (2, 1, 4), ()])
def test_a_head_mask_of_another_shape_is_refused(shape):
    model = ours()
    with pytest.raises(ValueError, match=r"head_mask has shape .*expected \(4,\) or \(2, 4\)"):
        model(spectrograms(model.config), head_mask=torch.ones(shape))


@pytest.mark.parametrize("attn_implementation", ["eager", "sdpa"])
@pytest.mark.parametrize("num_hidden_layers", [1, 3])
def test_a_pooled_pass_gives_the_pooled_vector_of_a_full_one(
    num_hidden_layers, attn_implementation
):
    encoder = ours(num_hidden_layers=num_hidden_layers).audio_spectrogram_transformer
    encoder.set_attn_implementation(attn_implementation)
    batch, mask = spectrograms(encoder.config), torch.rand(num_hidden_layers, 4)
    with torch.no_grad():
        full = encoder.encode(batch, mask, keep_traces=True)
        pooled = encoder.encode(batch, mask, pooled_only=True, keep_traces=True)
    assert_close(pooled.pooled, full.pooled, "pooled")
    assert_close(pooled.last_hidden_state, full.last_hidden_state[:, :2], "special tokens")
    assert_close(pooled.traces[-1].queries, full.traces[-1].queries, "last queries")
    for short, whole in zip(pooled.traces[:-1], full.traces[:-1]):
        assert_close(short, whole, "earlier traces")
    assert_close(pooled.traces[-1].keys, full.traces[-1].keys, "last keys")


def test_a_trace_holds_what_the_attention_was_computed_from():
    encoder = ours().audio_spectrogram_transformer
    batch = spectrograms(encoder.config)
    with torch.no_grad():
        traces = encoder.encode(batch, keep_traces=True).traces
        attentions = encoder(batch, output_attentions=True).attentions
    for trace, attention in zip(traces, attentions):
        assert_close(attention_weights(trace.queries, trace.keys), attention, "attention")
        assert_close(attention @ trace.values, trace.context, "context")


def test_nothing_is_kept_unless_asked_for():
    model = ours()
    output = model(spectrograms(model.config))
    assert output.keys() == ["logits"]
    encoding = model.audio_spectrogram_transformer.encode(spectrograms(model.config))
    assert encoding.hidden_states == ()
    assert encoding.traces == ()


@pytest.mark.parametrize("attentions", [False, True])
@pytest.mark.parametrize("hidden_states", [False, True])
@pytest.mark.parametrize("labels", [None, torch.tensor([0, 1])])
def test_tuples_hold_what_the_reference_puts_in_the_same_places(attentions, hidden_states, labels):
    model, reference = pair()
    wanted = {"output_attentions": attentions, "output_hidden_states": hidden_states}
    batch = spectrograms(model.config)
    with torch.no_grad():
        found = model(batch, labels=labels, return_dict=False, **wanted)
        expected = reference(batch, labels=labels, return_dict=False, **wanted)
    assert isinstance(found, tuple)
    assert_close(found, tuple(expected), "tuple")


def test_the_bare_encoder_returns_tuples_too():
    model, reference = pair(bare=True)
    wanted = {"output_attentions": True, "output_hidden_states": True, "return_dict": False}
    batch = spectrograms(model.config)
    with torch.no_grad():
        assert_close(model(batch, **wanted), tuple(reference(batch, **wanted)), "tuple")


def test_an_output_is_read_by_attribute_name_and_position():
    model = ours()
    output = model(spectrograms(model.config), labels=torch.tensor([0, 1]))
    assert output.keys() == ["loss", "logits"]
    assert output["logits"] is output.logits is output[1]
    assert output[:2] == (output.loss, output.logits)
    assert [*output] == ["loss", "logits"]
    assert {**{name: output[name] for name in output}}.keys() == {"loss", "logits"}
    assert len(output) == 2
    with pytest.raises(KeyError, match="attentions"):
        output["attentions"]


def test_weights_go_both_ways_without_renaming():
    model, reference = pair()
    randomize(model, seed=9)
    reference.load_state_dict(model.state_dict())
    batch = spectrograms(model.config)
    with torch.no_grad():
        assert_close(model(batch).logits, reference(batch).logits, "logits")


def test_time_must_come_before_frequency():
    model = ours()
    turned = spectrograms(model.config).transpose(1, 2)
    with pytest.raises(ValueError, match=r"\(2, 16, 24\).*\(batch, 24, 16\).*swap"):
        model(turned)


@pytest.mark.parametrize("shape", [(24, 16), (2, 25, 16), (2, 24, 15), (2, 1, 24, 16), (0,)])
def test_an_input_of_another_shape_is_refused_with_its_shape(shape):
    with pytest.raises(
        ValueError, match="input_values has shape " + str(shape).replace("(", r"\(")[:-1]
    ):
        ours()(torch.zeros(shape))


def test_an_input_in_float64_is_taken():
    model = ours()
    batch = spectrograms(model.config)
    with torch.no_grad():
        assert_close(model(batch.double()).logits, model(batch).logits, "logits")


def test_an_unknown_attention_implementation_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'flash'.*'sdpa' or 'eager'"):
        ASTModel(ASTConfig(**TINY), attn_implementation="flash")
    with pytest.raises(ValueError, match="'flash'"):
        ours().set_attn_implementation("flash")


def test_setting_the_attention_implementation_reaches_the_encoder():
    model = ours()
    model.set_attn_implementation("eager")
    assert model.audio_spectrogram_transformer.attn_implementation == "eager"


def test_dropout_acts_in_training_and_only_there():
    model = ours(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5)
    batch = spectrograms(model.config)
    for attn_implementation in ("eager", "sdpa"):
        model.set_attn_implementation(attn_implementation)
        with torch.no_grad():
            assert_close(model.eval()(batch).logits, model(batch).logits, "evaluation")
            assert not torch.allclose(model.train()(batch).logits, model(batch).logits)


def test_fresh_weights_are_drawn_as_the_reference_draws_them():
    shape = {**TINY, "hidden_size": 256, "intermediate_size": 512, "initializer_range": 0.05}
    model = ASTForAudioClassification(ASTConfig(**shape)).state_dict()
    reference = transformers.ASTForAudioClassification(transformers.ASTConfig(**shape))
    for name, theirs in reference.state_dict().items():
        found = model[name]
        if theirs.numel() < 10_000:  # tokens, biases and norms are constants
            if "dense" not in name and "projection" not in name:
                assert torch.equal(found, theirs), name
            continue
        if theirs.std() == 0:
            assert torch.equal(found, theirs), name
            continue
        assert found.std().item() == pytest.approx(theirs.std().item(), rel=0.05), name
        assert abs(found.mean()) < 0.002, name
        # A normal distribution reaches beyond three deviations, a truncated one might not.
        beyond = (found.abs() > 3 * 0.05).float().mean().item()
        assert beyond == pytest.approx(0.0027, abs=0.0015), name


@pytest.mark.parametrize(
    ("max_length", "num_labels", "parameters"), [(1024, 527, 86_594_063), (128, 35, 85_395_491)]
)
def test_tensors_and_parameters_of_the_published_checkpoints(max_length, num_labels, parameters):
    with torch.device("meta"):
        model = ASTForAudioClassification(ASTConfig(max_length=max_length, num_labels=num_labels))
    assert len(model.state_dict()) == 203
    assert model.num_parameters() == parameters


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_logits_come_in_the_dtype_of_the_weights(dtype):
    model = ours()
    batch = spectrograms(model.config)
    with torch.no_grad():
        expected = model(batch).logits
        found = model.to(dtype)(batch)
    assert found.logits.dtype == model.dtype == dtype
    tolerance = {torch.float16: 2e-2, torch.bfloat16: 1.5e-1, torch.float64: 1e-5}[dtype]
    assert (found.logits.float() - expected).abs().max() < tolerance * expected.abs().max()


def test_features_go_into_the_model_by_unpacking():
    config = ASTConfig(**{**TINY, "max_length": 30})
    extractor = ASTFeatureExtractor(num_mel_bins=16, max_length=30)
    model = randomize(ASTForAudioClassification(config)).eval()
    features = extractor(torch.randn(16000), sampling_rate=16000, return_tensors="pt")
    assert model(**features).logits.shape == (1, 2)
