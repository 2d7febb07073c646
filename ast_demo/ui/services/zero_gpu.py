"""Hugging Face ZeroGPU: a GPU that is lent for seconds, in a process of its own.

There the package `spaces` pickles a function's arguments into a process that holds the GPU and
pickles the result back; outside of such calls no kernel may run. So each model exists twice: on the
CPU in the server, for the live view, timelines and questions about an explanation, and on the GPU,
which classifies and explains. Live views and timelines would use up a visitor's daily minutes.
"""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ast_demo.classifier import AudioClassifier

GPU_SECONDS = 10  # asked for each call: a short wish is served first, and one takes well below it
PLACEMENT = (  # why the model is on the CPU here
    "on this ZeroGPU Space a GPU is borrowed to classify and explain, the rest stays on the CPU"
)
BORROWED_NOTE = "computed on a borrowed GPU (ZeroGPU)"


def import_spaces():
    """Import `spaces` if this is a ZeroGPU Space, else return None; must come before torch."""
    if os.environ.get("SPACES_ZERO_GPU", "").lower() != "true":
        return None
    import spaces

    return spaces


def make_lender(spaces) -> Any:
    """Return what runs a method of a model on the lent GPU.

    The package wants to see a decorated function before the page is served, when no model is
    loaded yet; so there is one function for all models.
    """
    twins = {}  # name -> AudioClassifier on the GPU; the lent process inherits it

    @spaces.GPU(duration=GPU_SECONDS)
    def run(name: str, source: str, dtype: str, method: str, arguments: tuple):
        return _portable(getattr(_twin(twins, name, source, dtype), method)(*arguments))

    run.prepare = lambda name, source, dtype: _twin(twins, name, source, dtype)
    return run


def borrowing(
    classifier: AudioClassifier, lender: Any, name: str, source: str, dtype: str
) -> AudioClassifier:
    """Return a classifier whose `classify_batch` and `explain` run on the lent GPU.

    Args:
        classifier: the same checkpoint on the CPU.
        lender: from `make_lender`.
        name: what the page calls the model.
        source: where its checkpoint is.
        dtype: of its twin on the GPU.
    """
    from ast_demo.classifier import AudioClassifier
    from ast_demo.explain.explanation import Explanation

    lender.prepare(name, source, dtype)

    class BorrowingClassifier(AudioClassifier):
        def classify_batch(self, waveforms, sampling_rate: int = 16000):
            """Score several sounds in one pass on the lent GPU."""
            results = lender(
                name, source, dtype, "classify_batch", (list(waveforms), sampling_rate)
            )
            for prediction in results:
                prediction.notes += (BORROWED_NOTE,)
            return results

        def explain(self, waveform, sampling_rate: int = 16000):
            """Score one sound on the lent GPU and keep what tells where the model looked."""
            found = lender(name, source, dtype, "explain", (waveform, sampling_rate))
            explanation = Explanation(**found, classifier=self)
            explanation.notes += (BORROWED_NOTE,)
            return explanation

    borrower = BorrowingClassifier(classifier.model, classifier.extractor, classifier.checkpoint)
    borrower.placement = PLACEMENT
    return borrower


def _twin(twins: dict, name: str, source: str, dtype: str):
    """Return a model on the GPU; a process that was lent before the model came loads it itself."""
    if name not in twins:
        from ast_demo.classifier import AudioClassifier

        twins[name] = AudioClassifier.load(source, device="auto", dtype=dtype)
    return twins[name]


def _portable(result: Any) -> Any:
    """Return a result that another process can read, without the model and tensors on the GPU.

    Of an explanation these are the arguments that make it, all but `classifier`.
    """
    from ast_demo.explain.explanation import Explanation

    if not isinstance(result, Explanation):
        return result
    found = {
        part.name: getattr(result, part.name) for part in dataclasses.fields(result) if part.init
    }
    del found["classifier"]
    return found | {"traces": tuple(trace.to_cpu() for trace in result.traces)}
