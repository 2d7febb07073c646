"""Attention maps from queries and keys equal the naive matrices that transformers hands out."""

import copy
import types

import pytest
import torch
import transformers

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.explain.attention_maps import (
    attention_rows,
    patch_values,
    pooled_attention,
    relevance,
    rollout,
    special_share,
)
from ast_demo.model import matmul
from ast_demo.model.attention import AttentionTrace, attention_by_heads, fused_attention
from ast_demo.model.transformer import ASTForAudioClassification

SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 37,
    "patch_size": 4,
    "frequency_stride": 3,
    "time_stride": 2,
    "max_length": 40,
    "num_mel_bins": 16,
    "num_labels": 5,
}


@pytest.fixture(scope="module")
def pair():
    """Our model and transformers' eager one with the same weights, and an input."""
    torch.manual_seed(0)
    theirs = transformers.ASTForAudioClassification(transformers.ASTConfig(**SHAPE)).eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    theirs.set_attn_implementation("eager")
    ours = ASTForAudioClassification(ASTConfig(**SHAPE)).eval()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs, torch.randn(2, 40, 16)


@pytest.fixture(scope="module", params=[0, 9], ids=["fused", "by heads"])
def traces(request, pair):
    """Traces of either way to attend, whichever this machine would choose."""
    ours, _, inputs = pair
    with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
        patch.setattr(matmul, "onednn_gain", lambda: request.param)
        return ours.audio_spectrogram_transformer.encode(inputs, keep_traces=True).traces


@pytest.fixture(scope="module")
def matrices(pair):
    """Attention of every layer from transformers: (batch, heads, tokens, tokens)."""
    _, theirs, inputs = pair
    with torch.inference_mode():
        return theirs(inputs, output_attentions=True).attentions


def naive_rollout(matrices):
    """Multiply the layers' matrices as the paper writes it: (batch, tokens, tokens)."""
    identity = torch.eye(matrices[0].shape[-1])
    product = identity
    for matrix in matrices:
        layer = matrix.mean(1) + identity
        product = (layer / layer.sum(-1, keepdim=True)) @ product
    return product


def naive_relevance(model, inputs, label):
    """Chefer's rule with autograd on transformers' attention matrices: (batch, tokens, tokens)."""
    output = model(inputs, output_attentions=True)
    gradients = torch.autograd.grad(output.logits[:, label].sum(), output.attentions)
    result = torch.eye(output.attentions[0].shape[-1])
    for attention, gradient in zip(output.attentions, gradients):
        result = result + (attention * gradient).clamp(min=0).mean(1) @ result
    return result.detach()


def assert_close(actual, expected, tolerance=1e-5):
    difference = (actual - expected).abs().max().item()
    assert difference <= tolerance, f"largest difference {difference:.3g}"


def test_attention_rows_equal_the_reference_matrices(traces, matrices):
    rows = [0, 1, 7, 30]
    for trace, matrix in zip(traces, matrices):
        assert_close(attention_rows(trace, rows), matrix[:, :, rows])


def test_attention_rows_sum_to_one(traces):
    rows = attention_rows(traces[1], range(10))
    assert_close(rows.sum(-1), torch.ones(rows.shape[:-1]))


def test_pooled_attention_is_the_mean_of_both_special_rows(traces, matrices):
    assert_close(pooled_attention(traces[2]), matrices[2][:, :, :2].mean(2))


def test_rollout_of_the_pooled_output_equals_the_matrix_product(traces, matrices):
    assert_close(rollout(traces), naive_rollout(matrices)[:, :2].mean(1))


def test_rollout_of_a_patch_equals_its_row_of_the_matrix_product(traces, matrices):
    assert_close(rollout(traces, [9]), naive_rollout(matrices)[:, 9])


def test_rollout_sums_to_one(traces):
    assert_close(rollout(traces).sum(-1), torch.ones(2))


def test_rollout_is_the_same_from_a_pooled_only_pass(pair, traces):
    ours, _, inputs = pair
    with torch.inference_mode():
        encoder = ours.audio_spectrogram_transformer
        short = encoder.encode(inputs, pooled_only=True, keep_traces=True).traces
    for tokens in ([0, 1], [30]):
        assert_close(rollout(short, tokens), rollout(traces, tokens))


@pytest.mark.parametrize("scores_at_once", [1, 700, 9000, 30000])
def test_rollout_is_the_same_whatever_the_chunk(traces, matrices, monkeypatch, scores_at_once):
    monkeypatch.setattr("ast_demo.explain.attention_maps.SCORES_AT_ONCE", scores_at_once)
    assert_close(rollout(traces), naive_rollout(matrices)[:, :2].mean(1))


def test_rollout_is_the_same_without_the_kernels_log_sums(traces, matrices, monkeypatch):
    monkeypatch.setattr("ast_demo.explain.attention_maps.SCORES_AT_ONCE", 700)
    bare = [trace._replace(log_sums=None, mean=None) for trace in traces]
    assert_close(rollout(bare), naive_rollout(matrices)[:, :2].mean(1))


def test_each_way_leaves_what_its_rollout_needs(traces, request):
    by_heads = "by heads" in request.node.name
    assert all((trace.mean is not None) is by_heads for trace in traces)
    assert all((trace.log_sums is None) is by_heads for trace in traces)


@pytest.mark.parametrize("scores_at_once", [1, 700, 30000])
def test_attention_by_heads_equals_the_matrices_whatever_the_chunk(monkeypatch, scores_at_once):
    monkeypatch.setattr("ast_demo.model.attention.SCORES_AT_ONCE", scores_at_once)
    generator = torch.Generator().manual_seed(4)
    queries = torch.randn(2, 3, 50, 16, generator=generator)
    keys, values = (torch.randn(2, 3, 90, 16, generator=generator) for _ in range(2))
    weights = (queries.double() @ keys.double().mT / 4).softmax(-1)
    with torch.inference_mode():
        found = attention_by_heads(queries, keys, values, keep_mean=True)
        bare = attention_by_heads(queries, keys, values, keep_mean=False)
    assert_close(found.context.double(), weights @ values.double())
    assert_close(found.mean.double(), weights.mean(1))
    assert bare.mean is None
    assert_close(bare.context, found.context, 0.0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.02), (torch.float16, 0.003)])
@pytest.mark.parametrize("gain", [0, 9])
def test_half_types_stay_near_float32(pair, monkeypatch, dtype, tolerance, gain):
    """The tolerance is a share of the largest value: two to three roundings of the type."""
    monkeypatch.setattr(matmul, "onednn_gain", lambda: gain)
    ours, _, inputs = pair
    half = copy.deepcopy(ours).to(dtype)

    def answers(model):
        encoder = model.audio_spectrogram_transformer
        encoding = encoder.encode(inputs, pooled_only=True, keep_traces=True)
        return model.classifier(encoding.pooled).float(), rollout(encoding.traces)

    with torch.inference_mode():
        for expected, actual in zip(answers(ours), answers(half)):
            scale = expected.abs().max().item()
            assert_close(actual / scale, expected / scale, tolerance)


@pytest.mark.parametrize("attend", [fused_attention, attention_by_heads])
def test_rollout_of_sharp_attention_is_exact(attend):
    """Scores of several hundred overflow a careless exponential: compare with float64."""
    generator = torch.Generator().manual_seed(3)
    queries, keys, values = (10 * torch.randn(2, 4, 30, 8, generator=generator) for _ in range(3))
    with torch.inference_mode():
        extra = {"keep_mean" if attend is attention_by_heads else "keep_log_sums": True}
        trace = AttentionTrace(queries, keys, values, *attend(queries, keys, values, **extra))
    weights = (queries.double() @ keys.double().mT / 8**0.5).softmax(-1).mean(1)
    layer = (weights + torch.eye(30)) / 2
    expected = (layer @ layer)[:, :2].mean(1)
    assert_close(rollout([trace, trace]).double(), expected)
    bare = trace._replace(log_sums=None, mean=None)
    assert_close(rollout([bare, bare]).double(), expected)


@pytest.mark.parametrize("label", [0, 3])
def test_relevance_equals_autograd_on_the_attention_matrices(pair, label):
    ours, theirs, inputs = pair
    expected = naive_relevance(theirs, inputs, label)[:, :2].mean(1)
    actual = relevance(ours, inputs, label)
    assert_close(actual / expected.max(), expected / expected.max())


def test_relevance_differs_between_labels(pair):
    ours, _, inputs = pair
    assert not torch.allclose(relevance(ours, inputs, 0), relevance(ours, inputs, 1))


def test_relevance_leaves_no_gradient_on_the_weights(pair):
    ours, _, inputs = pair
    relevance(ours, inputs, 0)
    assert all(parameter.grad is None for parameter in ours.parameters())


def test_relevance_of_an_unknown_label_names_the_range(pair):
    ours, _, inputs = pair
    with pytest.raises(ValueError, match="label is 5, expected 0 to 4"):
        relevance(ours, inputs, 5)


@pytest.mark.parametrize("token", [-1, 97])
def test_a_token_that_is_not_there_is_named_with_the_range(traces, token):
    with pytest.raises(ValueError, match=f"token is {token}, expected 0 to 96"):
        attention_rows(traces[-1], [token])
    with pytest.raises(ValueError, match=f"token is {token}, expected 0 to 96"):
        rollout(traces, [token])


def test_special_share_and_patches_make_up_the_whole(traces):
    tokens = rollout(traces)
    assert_close(special_share(tokens) + patch_values(tokens).sum(-1), torch.ones(2))


def test_no_tensor_of_a_rollout_is_larger_than_its_chunk_or_the_keys(traces, monkeypatch):
    monkeypatch.setattr("ast_demo.explain.attention_maps.SCORES_AT_ONCE", 1000)

    class Largest(torch.utils._python_dispatch.TorchDispatchMode):
        numel = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            if torch.is_tensor(result):
                self.numel = max(self.numel, result.numel())
            return result

    with Largest() as largest:
        rollout([trace._replace(mean=None) for trace in traces])
    allowed = max(1000, traces[0].keys.numel())
    assert largest.numel <= allowed, f"{largest.numel} values at once, expected {allowed}"


@pytest.mark.parametrize("fault", ["missing", "other arguments"])
def test_explanations_answer_where_torch_lacks_its_private_kernels(pair, monkeypatch, fault):
    """They are no public part of torch: without them, sums come from queries and keys."""
    ours, _, inputs = pair
    monkeypatch.setattr(matmul, "onednn_gain", lambda: 0)

    def answers():
        with torch.inference_mode():
            encoder = ours.audio_spectrogram_transformer
            encoding = encoder.encode(inputs, pooled_only=True, keep_traces=True)
            return ours(inputs).logits, rollout(encoding.traces), encoding.traces

    logits, shares, traces = answers()
    assert all(trace.log_sums is not None for trace in traces)
    lacking = types.SimpleNamespace()
    if fault == "other arguments":
        lacking._scaled_dot_product_flash_attention_for_cpu = lambda queries: queries
    monkeypatch.setattr("torch.ops.aten", lacking)
    found_logits, found_shares, found_traces = answers()
    assert all(trace.log_sums is None for trace in found_traces)
    assert_close(found_logits, logits)
    assert_close(found_shares, shares)
