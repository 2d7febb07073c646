"""The tools: what each takes, what it says of itself, and what it answers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ast_demo.timeline.events import ON_SCORE
from ast_demo.ui.api.endpoints import classify_answer, labels_answer
from ast_demo.ui.check.views import carry_out
from ast_demo.ui.mcp.sounds import given_sound
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import passing_file
from ast_demo.ui.timeline.slide import check_threshold, slide
from ast_demo.values import is_number, refused

LABELS = 5  # returned when the request does not say how many
HOTTEST = 8  # patches that an explanation names
PICTURE_DPI = 100  # of an explanation: 1000 pixels across
PASSED_SHOWN = 5  # of a check's verdicts; those that were missed are all told
SOUND = {
    "type": "string",
    "description": "An example such as siren.flac, a data: address with the bytes of a sound file "
    "(data:audio/wav;base64,...), or the path that POST /gradio_api/upload answered.",
}
MODEL = {"type": "string", "description": "Name of a model; empty for the default."}


class Answer(NamedTuple):
    """What a tool answers: JSON, and perhaps a picture."""

    facts: dict
    png: bytes | None = None

    @property
    def text(self) -> str:
        """Return the facts as one line of JSON."""
        return json.dumps(self.facts, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Tool:
    """One tool as agents see it.

    Args:
        name: that agents call it by.
        description: what it does and what its numbers mean; agents read nothing else.
        properties: JSON schema of its parameters.
        work: takes the services and the parameters.
        required: names of the parameters that must be there.
    """

    name: str
    description: str
    properties: Mapping[str, Mapping[str, Any]]
    work: Callable[..., Answer]
    required: tuple[str, ...] = ("sound",)

    @property
    def schema(self) -> dict:
        """Return the JSON schema of its parameters."""
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.required),
            "additionalProperties": False,
        }

    def call(self, services: Services, parameters: Mapping[str, Any]) -> Answer:
        """Do the work.

        Raises:
            ValueError: for parameters that it does not have, lacks, or cannot use.
        """
        for name in parameters:
            if name not in self.properties:
                known = ", ".join(self.properties)
                raise ValueError(f"{self.name} has no parameter {name[:40]!r}, only {known}.")
        for name in self.required:
            if name not in parameters:
                raise ValueError(f"{self.name} needs the parameter {name!r}.")
        for name, value in parameters.items():
            wanted = self.properties[name]["type"]
            fits = is_number(value) if wanted == "number" else isinstance(value, TYPES[wanted])
            if not fits:
                raise refused(name, value, f"a {wanted}")
        return self.work(services, **parameters)


TYPES = {"string": str, "boolean": bool}


def classify(services: Services, sound: str, model: str = "", top: float = LABELS) -> Answer:
    """Score a sound, as /classify does."""
    with given_sound(services, sound) as path:
        answer = classify_answer(services, path, model or None, _whole(top))
    return Answer(_without_timings(answer))


def explain(services: Services, sound: str, model: str = "", label: str = "") -> Answer:
    """Tell where a model looked: the hottest patches in words, and the figure."""
    with given_sound(services, sound) as path, services.place():
        classifier, explanation = services.explain(path, model or None)
        patch_map = explanation.rollout
        if label:
            with services.model_slot():
                patch_map = explanation.relevance(label)
        picture = _figure(explanation, patch_map, label)
    facts = _without_timings(labels_answer(classifier, explanation, LABELS))
    facts["seconds"] = round(explanation.seconds, 3)
    facts["map"] = f"relevance for {label}" if label else "attention rollout"
    facts["hottest_patches"] = hottest(explanation.grid, patch_map)
    facts["reading"] = (
        "Shares of the map, hottest patch first, where in time (seconds) and frequency (Hz). "
        "A map shows where information flowed, which is not by itself the reason."
    )
    return Answer(facts, picture)


def hottest(grid, patch_map: np.ndarray, count: int = HOTTEST) -> list[dict]:
    """List the hottest patches of a map: share of its sum, seconds, Hz."""
    total = float(np.abs(patch_map).sum()) or 1.0
    order = np.argsort(-patch_map, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(order, patch_map.shape)
    return [
        {
            "share": round(float(patch_map[row, column]) / total, 4),
            "seconds": [round(second, 2) for second in grid.seconds(int(column))],
            "hertz": [round(hertz) for hertz in grid.hertz(int(row))],
        }
        for row, column in zip(rows, columns)
    ]


def _figure(explanation, patch_map: np.ndarray, label: str) -> bytes:
    from ast_demo.figures.figure import explanation_figure, figure_bytes

    name = f"relevance for {label}" if label else "attention rollout"
    figure = explanation_figure(explanation, heat=patch_map, heat_name=name)
    return figure_bytes(figure, "png", PICTURE_DPI)


def find_events(
    services: Services, sound: str, model: str = "", threshold: float = ON_SCORE
) -> Answer:
    """Slide the model's window over a recording; tell what is heard when."""
    check_threshold(threshold)
    with given_sound(services, sound) as path:
        *_, (_, step) = slide(services, path, model or None, None)
    timeline = step.timeline()
    found = timeline.to_dict(threshold)
    facts = {key: found[key] for key in ("model", "rule", "seconds", "window_seconds", "notes")}
    facts["threshold"] = threshold
    facts["events"] = [
        {key: event[key] for key in ("label", "start", "end", "peak")} for event in found["events"]
    ]
    facts["reading"] = "Start and end in seconds, peak is the highest score of the label there."
    return Answer(facts)


def check_model(
    services: Services,
    model: str = "",
    sound: str = "",
    against: str = "",
    thorough: bool = False,
) -> Answer:
    """Bend sounds, or measure a ZIP of labelled clips; tell verdicts and the worst clips."""
    request: dict[str, Any] = {"source": "examples", "quick": not thorough, "against": against}
    name = model or services.models.default
    given = given_sound(services, sound) if sound else contextlib.nullcontext("")
    with given as path, passing_file("clips") as folder:
        if sound:
            source = "zip" if path.casefold().endswith(".zip") else "sound"
            title = "sound" if sound.startswith("data:") else sound.rsplit("/", 1)[-1]
            request |= {"source": source, "path": path, "title": title}
        report = carry_out(services, request, name, folder)
    missed = [v for v in report["verdicts"] if v["passed"] is False]
    met = [v for v in report["verdicts"] if v["passed"]]
    facts = {
        "model": name,
        "summary": report["summary"],
        "bars_missed": report["missed"],
        "bars_met": len(met),
        "missed": [_verdict(verdict) for verdict in missed],
        "some_that_were_met": [_verdict(verdict) for verdict in met[:PASSED_SHOWN]],
        "worst": report["worst"],
        "not_tested": report["not_tested"],
        "the_same_at_home": report["command"],
    }
    return Answer(facts)


def _verdict(verdict: Mapping) -> dict:
    return {key: verdict[key] for key in ("kind", "name", "measured", "bar")}


def _without_timings(answer: dict) -> dict:
    return {key: value for key, value in answer.items() if key != "timings_ms"}


def _whole(number: float):
    return int(number) if float(number).is_integer() else number


TOOLS = (
    Tool(
        "classify_sound",
        "Say what is heard in a sound of up to the model's window (5 s for everyday-sounds). "
        "Answers labels with scores from 0 to 1, highest first; rule sigmoid means that labels may "
        "overlap, softmax that one excludes the others; abstains is true where the best score is "
        "below threshold, so that the sound is nothing the model knows.",
        {
            "sound": SOUND,
            "model": MODEL,
            "top": {"type": "number", "description": "Labels to answer, 0 for all."},
        },
        classify,
    ),
    Tool(
        "explain_sound",
        "Say what is heard and where in time and frequency the model looked: the hottest patches "
        "in seconds and Hz, and a picture of the spectrogram with the map on it.",
        {
            "sound": SOUND,
            "model": MODEL,
            "label": {"type": "string", "description": "Label to explain; empty for all of them."},
        },
        explain,
    ),
    Tool(
        "find_events",
        "Say what is heard when in a recording of up to some hours: events with start and end in "
        "seconds, label and peak score.",
        {
            "sound": SOUND,
            "model": MODEL,
            "threshold": {"type": "number", "description": "Score at which an event begins."},
        },
        find_events,
    ),
    Tool(
        "check_model",
        "Decide whether to trust a model: sounds are bent in thirty ways (noise, shifts, codecs, "
        "rooms, mistakes of whoever feeds it) and bars that were set before say what must hold. "
        "Answers a summary, the bars that were missed, the worst sounds and what was not tested. "
        "Takes about 30 s with the examples.",
        {
            "model": MODEL,
            "sound": {
                "type": "string",
                "description": "A sound as for the other tools, or an uploaded ZIP with one folder "
                "of clips for each label; empty for the examples.",
            },
            "against": {"type": "string", "description": "A second model to compare with."},
            "thorough": {"type": "boolean", "description": "134 bends instead of 30."},
        },
        check_model,
        required=(),
    ),
)
