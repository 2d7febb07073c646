"""How long the lesson waits for the server: its facts, and every experiment on one sound."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ast_demo.benchmark.report import Line, Settings, interleaved

MODEL = "everyday-sounds"
SOUND = "siren.flac"
KEY = "0" * 32  # of the sound, as a page would make one
FACT_MS, EXPERIMENT_MS = 150, 500
FACTS = {
    "sound": ("learn_sound", {}),
    "filters and addresses": ("learn_weights", {}),
    "pooled numbers and weights": ("learn_answer", {}),
    "attention of a card": ("attention_from", {"token": 100}),
}
STRIDES = (6, 8, 12, 16)


def measure(settings: Settings) -> Iterator[Line]:
    """Ask the tab's server functions as the page does, each experiment as a sound's first."""
    for target, requests in ((FACT_MS, FACTS), (EXPERIMENT_MS, _experiments())):
        spent = interleaved(_calls(requests), settings.rounds, settings.watch)
        for name, milliseconds in spent.items():
            yield Line(f"lesson: {name}", "ms", milliseconds, target=target)


def _experiments() -> dict[str, tuple[str, dict]]:
    from ast_demo.explain.experiments import PLAIN

    kinds = [*PLAIN, "hottest", "random", "gains", "statistics"]
    wishes: dict[str, dict] = {kind.replace("_", " "): {"kind": kind} for kind in kinds}
    for stride in STRIDES:
        wishes[f"stride {stride}"] = {"kind": "stride", "fstride": stride, "tstride": stride}
    return {name: ("learn_experiment", wish) for name, wish in wishes.items()}


def _calls(requests: dict[str, tuple[str, dict]]) -> dict:
    """Return functions of no argument that ask a server of this process, by name.

    Raises:
        ValueError: when called, if the answer is an error.
    """
    from ast_demo.ui.learn.server_functions import server_functions
    from ast_demo.ui.services.limits import Limits
    from ast_demo.ui.services.services import Services

    services = Services.create(Limits(), MODEL, device="cpu")
    functions = {function.__name__: function for function in server_functions(services)}
    place = {"id": KEY, "example": SOUND, "model": MODEL}
    functions["learn_sound"](place)
    explanation = services.kept.get(KEY)

    def ask(function: str, wish: dict) -> None:
        services.kept.put(KEY, dataclasses.replace(explanation))  # forgets what others left
        answer = functions[function]({**place, **wish})
        if "error" in answer:
            raise ValueError(answer["error"])

    return {name: lambda wanted=wanted: ask(*wanted) for name, wanted in requests.items()}
