"""What the explorer asks the server for: maps that no payload can hold, sounds, tests, files.

Each function takes the request of the page's JavaScript, a dict that may hold anything, and
returns a dict; an error comes back as {"error": sentence}. Explanations are found by their
payload's id among those kept; where it is not ("gone"), the page asks again and sends the sound
along. Every run of the model waits for its turn.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from threading import Event

import numpy as np

from ast_demo.ui.explore.inside import depth_facts, smallest_facts
from ast_demo.ui.explore.recompute import get_or_explain
from ast_demo.ui.services import rpc
from ast_demo.ui.services.cancellation import CancellableRuns
from ast_demo.ui.services.services import Services
from ast_demo.values import refused

MOST_CHOSEN = 2  # labels that a person compares
TITLE_LENGTH = 200  # characters of a sound's name that are repeated in a file


def server_functions(services: Services) -> list[Callable]:
    """List the functions for the explorer's gr.HTML, which offers them to its JavaScript."""
    runs = CancellableRuns()

    def deletion(services, explanation, request):
        with runs.run(request["id"]) as stop:
            return removal_curves(services, explanation, request, stop)

    def cancel(request):  # needs no explanation; what runs on another replica runs to its end
        return {"cancelled": runs.cancel(str(request.get("id")))}

    handlers = (attention_from, relevance, randomized, deletion, smallest, depth, audio, export)
    about = [about_explanation(services, handler) for handler in handlers]
    return [rpc.served(handler) for handler in (*about, cancel)]


def attention_from(services: Services, explanation, request: dict) -> dict:
    """Return what a token attended to, in every layer and head."""
    from ast_demo.ui.explore.payload import attention_facts

    with services.model_slot():
        return attention_facts(explanation, rpc.whole(request, "token"))


def relevance(services: Services, explanation, request: dict) -> dict:
    """Return how much each patch is evidence for a label."""
    with services.model_slot():
        tokens = explanation.relevance_tokens(rpc.text(request, "label"))
    return _map_facts(explanation, tokens)


def randomized(services: Services, explanation, request: dict) -> dict:
    """Return the same from random weights, and how much the two maps are alike."""
    from ast_demo.explain.faithfulness import randomized_relevance, rank_correlation

    label = rpc.text(request, "label")
    with services.model_slot():
        true = explanation.relevance(label)
        tokens = randomized_relevance(explanation, label)
    correlation = rank_correlation(true, explanation.on_grid(tokens))
    return {"map": _map_facts(explanation, tokens), "correlation": round(correlation, 3)}


def removal_curves(services: Services, explanation, request: dict, stop: Event) -> dict:
    """Remove hot, random and cold places and return the three curves with a verdict."""
    from ast_demo.explain.faithfulness import CancelledError, deletion_steps

    label, filling = rpc.text(request, "label"), rpc.text(request, "filling")

    def steps():
        heat, _ = chosen_map(explanation, request.get("heat"))
        yield
        return (yield from deletion_steps(explanation, heat, label, filling))

    test = services.run_model_steps(steps(), stop.is_set)
    if test is None:
        raise CancelledError()
    curves = {name: list(getattr(test, name)) for name in ("hottest", "random", "coldest")}
    return {**curves, "shares": list(test.shares), "gain": test.gain, "verdict": test.verdict}


def smallest(services: Services, explanation, request: dict) -> dict:
    """Return the hottest part of the sound that brings most of a label's score back."""
    return services.run_model(smallest_facts, explanation, rpc.text(request, "label"))


def depth(services: Services, explanation, request: dict) -> dict:
    """Return the scores after each layer of the best label, its rival and those that are chosen."""
    labels = request.get("labels")
    if not isinstance(labels, list) or len(labels) > MOST_CHOSEN:
        raise refused("labels", labels, f"a list of at most {MOST_CHOSEN}")
    return services.run_model(depth_facts, explanation, [str(label) for label in labels])


def audio(services: Services, explanation, request: dict) -> dict:
    """Return the sound, one patch of it or the hottest part of a map as a WAV file."""
    from ast_demo.explain import resynthesis

    what, rate = rpc.text(request, "what"), explanation.grid.sampling_rate
    if what == "sound":
        return _wav(explanation.waveform, 0, rate)
    if what == "patch":
        f, t = rpc.whole(request, "f"), rpc.whole(request, "t")
        mask = resynthesis.patch_mask(explanation.grid, f, t)
        first, last = (round(second * rate) for second in explanation.grid.seconds(t))
    elif what == "heat":
        with services.model_slot():
            heat, _ = chosen_map(explanation, request.get("heat"))
        share = request.get("share")
        if not isinstance(share, (int, float)):
            raise refused("share", share, "a number")
        mask = resynthesis.hottest_mask(explanation.grid, heat, share, explanation.num_frames)
        first, last = 0, len(explanation.waveform)
    else:
        raise refused("what", what, "sound, patch or heat")
    kept = resynthesis.apply_mask(explanation.waveform, mask, rate)[first:last]
    if len(kept) == 0:
        raise ValueError("there is only padding in this patch: choose one that holds sound.")
    level = resynthesis.peak_decibels(kept)
    note = "digital silence" if np.isinf(level) else f"at its true level, peak {level:.0f} dB"
    return {**_wav(kept, first, rate), "note": note}


def export(services: Services, explanation, request: dict) -> dict:
    """Return one file of the present view."""
    from ast_demo.ui.explore import downloads

    kind, title = rpc.text(request, "kind"), str(request.get("title", ""))[:TITLE_LENGTH]
    view = request.get("view")
    view = view if isinstance(view, dict) else {}
    heat, name = None, ""
    if view.get("heat") is not None:
        with services.model_slot():
            heat, name = chosen_map(explanation, view["heat"])
    if kind in downloads.FIGURE_TYPES:
        content = downloads.figure_file(explanation, title, kind, heat, name, view)
        media = downloads.FIGURE_TYPES[kind]
    elif kind == "csv":
        content, media = downloads.tables_csv(explanation, heat, name), "text/csv"
    elif kind == "npz":
        content = downloads.arrays_npz(explanation, heat, name)
        media = "application/octet-stream"
    elif kind == "json":
        content = downloads.report_json(explanation, title, heat, name)
        media = "application/json"
    else:
        raise refused("kind", kind, "png, svg, csv, npz or json")
    return {"name": _file_name(title, kind), "type": media, "data": rpc.packed(content)}


def chosen_map(explanation, heat) -> tuple[np.ndarray, str]:
    """Return the map that a request describes, and its name.

    Raises:
        ValueError: if there is no such kind, layer, head, token or label.
    """
    from ast_demo.explain.faithfulness import more_for

    heat = heat if isinstance(heat, dict) else {}
    kind = heat.get("kind")
    if kind == "rollout":
        return explanation.rollout, "attention rollout"
    if kind == "relevance":
        label = rpc.text(heat, "label")
        if heat.get("over") is None:
            return explanation.relevance(label), f"evidence for {label} (relevance)"
        other = rpc.text(heat, "over")
        maps = explanation.relevance(label), explanation.relevance(other)
        return more_for(*maps), f"more for {label} than for {other}"
    if kind != "attention":
        raise refused("kind", kind, "rollout, attention or relevance")
    layer = rpc.whole(heat, "layer")
    head = None if heat.get("head") is None else rpc.whole(heat, "head")
    token = "pooled" if heat.get("token") == "pooled" else rpc.whole(heat, "token")
    heads = explanation.classifier.config.num_attention_heads
    who = f"mean of {heads} heads" if head is None else f"head {head}"
    seen_from = "the answer" if token == "pooled" else f"token {token}"
    name = f"attention from {seen_from}, layer {layer}, {who}"
    return explanation.attention(layer, head, token), name


def about_explanation(services: Services, handler: Callable) -> Callable:
    """Let a handler answer about the explanation that a request names, in a place among others."""

    @functools.wraps(handler)
    def answer(request: dict) -> dict:
        with services.place():
            explanation = get_or_explain(services, rpc.text(request, "id"), request)
            return handler(services, explanation, request)

    return answer


def _map_facts(explanation, tokens) -> dict:
    """Pack a map over all tokens."""
    from ast_demo.explain.attention_maps import special_share
    from ast_demo.ui.explore.payload import map_facts

    share = float(special_share(tokens.unsqueeze(0).float())[0])
    return map_facts(explanation.on_grid(tokens), share)


def _wav(waveform: np.ndarray, first: int, rate: int) -> dict:
    from ast_demo.explain.resynthesis import wav_bytes

    return {"wav": rpc.packed(wav_bytes(waveform, rate)), "start": first / rate}


def _file_name(title: str, kind: str) -> str:
    """Make a harmless file name of a sound's title."""
    stem = re.sub(r"[^\w-]+", "-", title.rsplit(".", 1)[0])[:60].strip("-")
    return f"{stem or 'sound'}-explained.{kind}"
