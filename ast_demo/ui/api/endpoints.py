"""The HTTP API: the page's answers as JSON, under /classify and /explain."""

from __future__ import annotations

import gradio as gr

from ast_demo.ui.services.errors import as_gradio_error
from ast_demo.ui.services.services import Services
from ast_demo.ui.shared.components import sound_input
from ast_demo.values import is_whole, refused

SCORE_DIGITS = 6
MAP_DIGITS = 8  # shares of 1212 patches are near 1e-3


def build_api(services: Services) -> None:
    """Add the API endpoints to the page being built; they have no visible part."""

    def classify(audio: str, model: str | None = None, top: int = 10) -> dict:
        """Score a sound.

        Answers {"model", "rule" ("sigmoid": labels overlap; "softmax": one excludes the others),
        "labels": [{"label", "score" in 0..1}, ...] highest first, "abstains": true if the best
        score is under "threshold", so that the sound is nothing the model knows, "notes": what was
        done to the sound, "timings_ms", "device", "dtype"}.
        """
        try:
            return classify_answer(services, audio, model, top)
        except Exception as error:
            raise as_gradio_error(error) from error

    def explain(audio: str, model: str | None = None, top: int = 10, label: str = "") -> dict:
        """Score a sound and tell where the model looked.

        Answers what /classify does, and "seconds" of sound, "num_frames" of 10 ms inside the
        window, "grid" (its patches: "row_hertz" and "column_seconds" give each row's and column's
        [low, high], row 0 is the lowest band), "rollout" [row][column]: each patch's share of
        the pooled output, "special_share": the share that stays on CLS and distillation, and
        "relevance" [row][column] for `label` if one is named.
        """
        try:
            return explain_answer(services, audio, model, top, label)
        except Exception as error:
            raise as_gradio_error(error) from error

    for function in (classify, explain):
        _endpoint(function, services)


def classify_answer(services: Services, path: str, model: str | None, top: int) -> dict:
    """Return what /classify answers for a sound file.

    Raises:
        ValueError: naming what is wrong with the sound, the model or the number.
    """
    most = _top(top)
    classifier, prediction = services.classify(path, model)
    return labels_answer(classifier, prediction, most)


def explain_answer(
    services: Services, path: str, model: str | None, top: int, label: str = ""
) -> dict:
    """Return what /explain answers for a sound file.

    Raises:
        ValueError: as classify_answer, or if the model has no such label.
    """
    most = _top(top)
    classifier, explanation = services.explain(path, model)
    answer = labels_answer(classifier, explanation, most)
    if label:
        with services.model_slot():
            answer["relevance"] = _rounded(explanation.relevance(label))
    grid = explanation.grid
    return answer | {
        "seconds": round(explanation.seconds, 3),
        "num_frames": explanation.num_frames,
        "grid": {
            "freq_patches": grid.freq_patches,
            "time_patches": grid.time_patches,
            "patch_size": grid.patch_size,
            "frequency_stride": grid.frequency_stride,
            "time_stride": grid.time_stride,
            "row_hertz": [[round(hz, 1) for hz in grid.hertz(f)] for f in range(grid.freq_patches)],
            "column_seconds": [
                [round(s, 3) for s in grid.seconds(t)] for t in range(grid.time_patches)
            ],
        },
        "rollout": _rounded(explanation.rollout),
        "special_share": round(explanation.special_share, SCORE_DIGITS),
    }


def _endpoint(function, services: Services) -> None:
    """Publish a function whose parameters are audio, model, top and perhaps label."""
    models = services.models
    inputs = [
        sound_input("Sound file: WAV, FLAC, OGG, MP3 or AIFF", visible=False),
        gr.Dropdown(models.names, value=models.default, label="Model that listens", visible=False),
        gr.Number(10, precision=0, label="Labels to return, 0 for all", visible=False),
    ]
    if function.__name__ == "explain":
        inputs.append(gr.Textbox("", label="Label to explain, or empty", visible=False))
    gr.Button(visible=False).click(
        function,
        inputs,
        gr.JSON(label="Answer", visible=False),
        api_name=function.__name__,
        concurrency_id="sounds",
        concurrency_limit=None,  # `services.place` shares turns fairly
    )


def _top(top) -> int | None:
    if not is_whole(top) or top < 0:
        raise refused("top", top, "a whole number of at least 0 (0 for all)")
    return top or None


def labels_answer(classifier, prediction, top: int | None) -> dict:
    """Return the best labels of a prediction, all if top is None, and how they were made."""
    return {
        "model": classifier.checkpoint.name,
        "rule": prediction.rule,
        "labels": [
            {"label": label, "score": round(score, SCORE_DIGITS)}
            for label, score in list(prediction.scores.items())[:top]
        ],
        "abstains": prediction.abstains,
        "threshold": prediction.threshold,
        "notes": list(prediction.notes),
        "timings_ms": {stage: round(ms, 1) for stage, ms in prediction.timings.items()},
        "device": str(classifier.device),
        "dtype": str(classifier.dtype).removeprefix("torch."),
    }


def _rounded(patch_map) -> list[list[float]]:
    return [[round(float(value), MAP_DIGITS) for value in row] for row in patch_map]
