"""What the lesson asks the server for: its script and texts, a sound, small facts, experiments.

Steps 1 to 7 are computed in the browser from the samples that `learn_sound` sends; later ones ask
for weights, pooled numbers and attention once, and answer in the browser, too. Requests are dicts
that may hold anything; an error comes back as {"error": sentence}. Sounds are found as the explorer
finds them, and every run of the model waits for its turn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ast_demo.explain.lesson import measured_effects, read_lesson
from ast_demo.ui.explore.server_functions import (
    TITLE_LENGTH,
    about_explanation,
    attention_from,
)
from ast_demo.ui.services import rpc
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.bundle import bundle

SOURCES = Path(__file__).resolve().parent
WEIGHED_LABELS = 64  # whose weights the answer step gets; of 527, the best
STEP_LIMIT = 32767  # of a 16-bit number
ADDRESS_STEPS = 127  # of an 8-bit number


def server_functions(services: Services) -> list[Callable]:
    """List the functions for the tab's gr.HTML, which offers them to its JavaScript."""
    handlers = (
        learn_sound,
        learn_weights,
        learn_answer,
        learn_experiment,
        learn_worksheet,
        attention_from,
    )
    about = [about_explanation(services, handler) for handler in handlers]
    return [rpc.served(handler) for handler in (learn_code, learn_texts, *about)]


def learn_code(request) -> dict:
    """Return the lesson's JavaScript, which nobody waits for who does not open the tab."""
    return {"code": _code()}


def learn_texts(request) -> dict:
    """Return every sentence of one language."""
    return {"texts": read_lesson(rpc.text(request, "language"))}


def learn_sound(services: Services, explanation, request: dict) -> dict:
    """Return a sound's samples with what is needed to compute and name the rest."""
    from ast_demo.explain.experiments import BINS_UP
    from ast_demo.ui.explore.payload import build_payload

    classifier = explanation.classifier
    title = str(request.get("title", ""))[:TITLE_LENGTH]
    payload = build_payload(explanation, title, rpc.text(request, "id"))
    del payload["spectrogram"]  # the browser computes it
    return {
        **payload,
        "pcm": rpc.packed(_sixteen_bit(explanation.waveform).tobytes()),
        "rate": explanation.grid.sampling_rate,
        "window": classifier.window_seconds,
        "padding_log_mel": classifier.extractor.padding_value,
        "hidden_size": classifier.config.hidden_size,
        "intermediate_size": classifier.config.intermediate_size,
        "num_layers": classifier.config.num_hidden_layers,
        "weighed_labels": min(WEIGHED_LABELS, len(classifier.labels)),
        "bins_up": BINS_UP,
        "effects": measured_effects(classifier.checkpoint),
    }


def learn_weights(services: Services, explanation, request: dict) -> dict:
    """Return the projection's filters and the addresses, rounded to 16 and 8 bits."""
    embeddings = explanation.classifier.model.audio_spectrogram_transformer.embeddings
    projection = embeddings.patch_embeddings.projection
    filters = projection.weight.detach().float().cpu().flatten(1).numpy()
    scales = np.abs(filters).max(axis=1, keepdims=True) / STEP_LIMIT
    addresses = embeddings.position_embeddings[0].detach().float().cpu().numpy()
    longest = np.abs(addresses).max(axis=1, keepdims=True)
    return {
        "filters": rpc.packed(_whole_steps(filters, scales, np.int16).tobytes()),
        "scales": rpc.packed(scales.astype(np.float32).tobytes()),
        "offsets": rpc.packed(projection.bias.detach().float().cpu().numpy().tobytes()),
        "addresses": rpc.packed(
            _whole_steps(addresses, longest / ADDRESS_STEPS, np.int8).tobytes()
        ),
    }


def learn_answer(services: Services, explanation, request: dict) -> dict:
    """Return the pooled numbers, and the weights of the best labels, whose products are a sum."""
    import torch

    classifier = explanation.classifier
    head = classifier.model.classifier
    batch = torch.from_numpy(explanation.input_values).unsqueeze(0).to(classifier.device)
    best = list(explanation.scores)[: min(WEIGHED_LABELS, len(classifier.labels))]
    chosen = [classifier.labels.index(label) for label in best]
    with services.model_slot(), torch.inference_mode():
        encoder = classifier.model.audio_spectrogram_transformer
        pooled = head.layernorm(encoder.encode(batch, pooled_only=True).pooled)[0].float().cpu()
        weights = head.dense.weight[chosen].float().cpu()
        offsets = head.dense.bias[chosen].float().cpu()
    return {
        "labels": best,
        "pooled": rpc.packed(pooled.numpy().tobytes()),
        "weights": rpc.packed(weights.numpy().tobytes()),
        "offsets": _rounded(offsets.tolist()),
        "logits": _rounded((weights @ pooled + offsets).tolist()),
        "scores": [round(explanation.scores[label], 5) for label in best],
    }


def learn_experiment(services: Services, explanation, request: dict) -> dict:
    """Run one experiment and return the labels before and after it."""
    from ast_demo.ui.learn.trials import run_trial

    with services.model_slot():
        return run_trial(explanation, rpc.text(request, "kind"), request)


def learn_worksheet(services: Services, explanation, request: dict) -> dict:
    """Return the printable worksheet with its key, made from this sound."""
    from ast_demo.figures.worksheet import worksheet_pdf

    lesson = read_lesson(rpc.text(request, "language"))
    title = str(request.get("title", ""))[:TITLE_LENGTH]
    content = worksheet_pdf(explanation, title, lesson)
    return {"name": "worksheet.pdf", "type": "application/pdf", "data": rpc.packed(content)}


@functools.cache
def _code() -> str:
    start = "return startLearn({ element, watch, props, server });"
    return bundle(SOURCES / "js" / "lesson.js", start)


def _sixteen_bit(waveform: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(waveform * 32768), -32768, 32767).astype("<i2")


def _whole_steps(values: np.ndarray, step: np.ndarray, dtype) -> np.ndarray:
    return np.rint(values / np.where(step > 0, step, 1.0)).astype(dtype)


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 5) for value in values]
