"""Recordings: used where they agree and are faster, never in the way; on a GPU, the real ones."""

import contextlib
import threading
import time
import unittest.mock

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from ast_demo.checkpoint.config import ASTConfig
from ast_demo.classifier import AudioClassifier
from ast_demo.explain.attention_maps import rollout, rollout_step_triton
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model import cuda_graphs
from ast_demo.model.attention import AttentionTrace
from ast_demo.model.cuda_graphs import GraphedFunction
from ast_demo.model.transformer import ASTForAudioClassification

SLOW = 0.003  # seconds that the plain function takes here

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def slow_square(inputs):
    time.sleep(SLOW)
    return inputs**2


class Capturer:
    """Records as `capture_graph` does, with one place for the input and one for the result."""

    def __init__(self, change=lambda result: result, seconds=0.0):
        self.captured, self.replays = [], 0
        self.change, self.seconds = change, seconds

    def __call__(self, function, inputs):
        self.captured.append((function, tuple(inputs.shape)))
        place, result = inputs.clone(), function(inputs)

        def again(new):
            self.replays += 1
            place.copy_(new)
            time.sleep(self.seconds)
            result.copy_(self.change(place**2))
            return result.clone()

        return again


@pytest.fixture
def no_gradients():
    with torch.inference_mode():
        yield


pytestmark = pytest.mark.usefixtures("no_gradients")


def test_a_shape_is_captured_when_it_comes_for_the_second_time():
    capturer = Capturer()
    square = GraphedFunction(slow_square, capture=capturer)
    square(torch.ones(1, 3))
    assert not capturer.captured
    square(torch.ones(1, 3))
    assert capturer.captured == [(slow_square, (1, 3))]
    before = capturer.replays
    assert torch.equal(square(torch.full((1, 3), 5.0)), torch.full((1, 3), 25.0))
    assert capturer.replays == before + 1
    square(torch.ones(2, 3))
    assert len(capturer.captured) == 1, "another shape came once"


def test_what_is_returned_stays_when_the_graph_is_replayed_again():
    square = GraphedFunction(slow_square, capture=Capturer())
    first, second, third = (square(torch.full((1, 2), float(n))) for n in (1, 2, 3))
    assert [result[0, 0].item() for result in (first, second, third)] == [1, 4, 9]


@pytest.mark.parametrize(
    "capturer",
    [
        Capturer(change=lambda result: result * 1.01),
        Capturer(change=lambda result: result * float("nan")),
        Capturer(seconds=2 * SLOW),
    ],
    ids=["other results", "no numbers", "slower"],
)
def test_a_graph_that_differs_or_is_slower_is_not_used(capturer):
    square = GraphedFunction(slow_square, capture=capturer)
    for _ in range(2):
        square(torch.ones(1, 3))
    before = capturer.replays
    assert torch.equal(square(torch.full((1, 3), 3.0)), torch.full((1, 3), 9.0))
    assert capturer.replays == before
    assert len(capturer.captured) == 1, "it is tried once"


def test_a_device_that_cannot_capture_answers_all_the_same():
    tries = []

    def failing(function, inputs):
        tries.append(function)
        raise RuntimeError("operation not permitted when stream is capturing")

    square = GraphedFunction(slow_square, capture=failing)
    for number in (2.0, 3.0, 4.0):
        assert square(torch.full((1, 1), number)).item() == number**2
    assert len(tries) == 1


def test_the_fastest_variant_that_works_is_chosen():
    def quick(inputs):
        return inputs * inputs

    def broken(inputs):
        raise AssertionError("is captured, not called")

    def capture(function, inputs):
        if function is broken:
            raise OSError("no C compiler")

        def again(new):
            used.append(function)
            time.sleep(SLOW / 4 if function is slow_square else 0)
            return new**2

        return again

    used = []
    square = GraphedFunction(slow_square, variants=(broken, quick), capture=capture)
    for _ in range(3):
        square(torch.ones(1, 3))
    assert set(used) == {slow_square, quick}, "both were tried"
    assert used[-1] is quick


def test_weights_that_moved_are_captured_anew():
    weights = torch.nn.Parameter(torch.full((1,), 2.0), requires_grad=False)
    capturer = Capturer()
    scaled = GraphedFunction(slow_square, [weights], capture=capturer)
    for _ in range(3):
        scaled(torch.ones(1, 3))
    assert len(capturer.captured) == 1
    weights.data = weights.data.clone()
    for _ in range(2):
        scaled(torch.ones(1, 3))
    assert len(capturer.captured) == 2


def test_large_batches_and_gradients_take_the_plain_way():
    capturer = Capturer()
    square = GraphedFunction(slow_square, capture=capturer)
    for _ in range(3):
        square(torch.ones(cuda_graphs.LARGEST_BATCH + 1, 3))
        with torch.inference_mode(False), torch.enable_grad():
            square(torch.ones(1, 3))
    assert not capturer.captured


def test_threads_get_their_own_results():
    square = GraphedFunction(slow_square, capture=Capturer())
    wrong = []

    def ask(number):
        with torch.inference_mode():
            for _ in range(20):
                if square(torch.full((1, 4), float(number))).unique().tolist() != [number**2]:
                    wrong.append(number)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_nested_results_are_compared_and_filled_whole():
    trace = AttentionTrace(*torch.randn(4, 1, 2, 3, 4), log_sums=torch.randn(1, 2, 3))
    nest = (torch.randn(1, 5), (trace, trace), torch.randn(1, 3))
    tensors = list(cuda_graphs._tensors(nest))
    assert len(tensors) == 1 + 2 * 5 + 1
    refilled = cuda_graphs._refilled(nest, iter(tensors))
    assert refilled[1][0]._fields == trace._fields
    assert refilled[1][1].mean is None
    assert cuda_graphs._agree(refilled, nest)
    changed = trace._replace(log_sums=trace.log_sums + 1)
    assert not cuda_graphs._agree((nest[0], (trace, changed), nest[2]), nest)


def test_what_is_captured_never_synchronizes_with_the_device(monkeypatch):
    """On a simulated device without memory: shapes fit, and no step needs a value or a copy."""

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            tensors = [arg for arg in args if isinstance(arg, torch.Tensor)]
            assert all(tensor.is_cuda for tensor in tensors), f"{function} takes from the CPU"
            return function(*args, **(kwargs or {}))

    monkeypatch.setattr(torch.backends.cuda, "can_use_flash_attention", lambda given: True)
    config = ASTConfig(num_labels=5, num_hidden_layers=2, hidden_size=64, num_attention_heads=4)
    with FakeTensorMode():
        with torch.device("cuda"):
            model = ASTForAudioClassification(config).eval()
            inputs = torch.empty(1, 1024, 128)
        with Watch():
            encoding = model.audio_spectrogram_transformer.encode(
                inputs, pooled_only=True, keep_traces=True
            )
            logits, tokens = model.classifier(encoding.pooled), rollout(encoding.traces)
        assert (logits.shape, tokens.shape) == ((1, 5), (1, 1214))
        rows = [trace.log_sums.shape for trace in encoding.traces]
        assert rows == [(1, 4, 1214), (1, 4, 2)], "the kernel's own log-sum-exp is kept"


class SimulatedGraph(torch.utils._python_dispatch.TorchDispatchMode):
    """What a CUDA graph does, on the CPU: the same steps again, in the memory of the first time."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        self.steps.append((function, args, kwargs or {}, result))
        return result

    def replay(self):
        for function, args, kwargs, result in self.steps:
            for old, new in zip(tensors_of(result), tensors_of(function(*args, **kwargs))):
                if old.numel() and old.data_ptr() != new.data_ptr():  # no view, not in place
                    old.copy_(new)


def tensors_of(result):
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [part for part in parts if isinstance(part, torch.Tensor)]


@pytest.fixture
def simulated(monkeypatch):
    """CUDA's part of capturing, simulated on the CPU."""
    for name in ("device", "stream"):
        monkeypatch.setattr(torch.cuda, name, lambda given: contextlib.nullcontext())
    for name in ("current_stream", "Stream"):
        monkeypatch.setattr(torch.cuda, name, unittest.mock.MagicMock())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", SimulatedGraph)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph, capture_error_mode: graph)


def test_a_captured_pass_answers_for_other_sounds(simulated, monkeypatch):
    """Nothing of the first sound may be left in a graph, and results must stay."""
    monkeypatch.setattr(cuda_graphs, "GAIN", 1e-9)  # a simulated graph is not faster
    torch.manual_seed(0)
    config = ASTConfig(
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=48,
        max_length=64,
        num_mel_bins=48,
        num_labels=5,
        initializer_range=0.3,
    )
    extractor = ASTFeatureExtractor(num_mel_bins=48, max_length=64)
    classifier = AudioClassifier(ASTForAudioClassification(config), extractor)
    batches = torch.randn(5, 2, 64, 48)
    found = [(classifier._graphed_logits(b), classifier._graphed_rollout(b)) for b in batches]
    for graphed in (classifier._graphed_logits, classifier._graphed_rollout):
        (chosen,) = graphed._chosen.values()
        assert chosen.__qualname__.startswith("capture_graph"), "it was not replayed"
    for batch, (logits, seen) in zip(batches, found):
        expected = classifier.logits_and_rollout(batch)
        torch.testing.assert_close(logits, expected[0], rtol=1e-4, atol=1e-5)
        for new, old in zip(
            cuda_graphs._tensors(seen), cuda_graphs._tensors(expected), strict=True
        ):
            torch.testing.assert_close(new, old, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def on_gpu():
    """A classifier of AudioSet's width on the GPU, two layers deep, in float16."""
    torch.manual_seed(0)
    model = ASTForAudioClassification(ASTConfig(num_labels=7, num_hidden_layers=3))
    for weights in model.parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights, std=0.05)
    return AudioClassifier(model.half().to("cuda"), ASTFeatureExtractor())


def noises(count):
    return np.random.default_rng(0).normal(0, 0.1, (count, 160_000)).astype(np.float32)


@pytest.mark.gpu
@needs_gpu
def test_captured_explanations_equal_plain_ones_and_stay(on_gpu):
    sounds = noises(4)
    found = [on_gpu.explain(sound) for sound in sounds]
    assert callable(next(iter(on_gpu._graphed_rollout._chosen.values())))
    for explanation in found:
        inputs = torch.from_numpy(explanation.input_values).unsqueeze(0)
        logits, traces = on_gpu.logits_and_traces(inputs)
        scores = np.sort(on_gpu.scores_of(logits)[0])[::-1]
        assert list(explanation.scores.values()) == pytest.approx(scores, abs=5e-3)
        expected = explanation.on_grid(rollout(traces)[0])
        assert np.abs(explanation.rollout - expected).max() < 0.01 * expected.max()
        for kept, plain in zip(explanation.traces, traces):
            torch.testing.assert_close(kept.keys, plain.keys, rtol=0.02, atol=0.02)


@pytest.mark.gpu
@needs_gpu
def test_the_kernels_log_sums_are_those_of_the_scores(on_gpu):
    _, traces = on_gpu.logits_and_traces(torch.randn(2, 1024, 128))
    for trace in traces:
        assert trace.log_sums is not None
        scores = trace.queries.double() @ trace.keys.double().mT / 8
        assert (trace.log_sums - scores.logsumexp(-1)).abs().max() < 2e-3
    tokens = rollout(traces)
    assert (tokens.sum(-1) - 1).abs().max() < 1e-3
    assert (rollout(traces, step=rollout_step_triton) - tokens).abs().max() < 1e-3 * tokens.max()


@pytest.mark.gpu
@needs_gpu
def test_a_function_that_synchronizes_with_the_gpu_is_not_captured_and_still_answers():
    scaled = GraphedFunction(lambda inputs: inputs * inputs.sum().item())
    inputs = torch.ones(1, 3, device="cuda")
    assert [scaled(inputs).sum().item() for _ in range(3)] == [9, 9, 9]
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
