"""One check from the first sound to the report: a dict that JSON, HTML, PDF and page all show."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

import ast_demo
from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio
from ast_demo.check.clips import ClipScores, ClipSet, score_clips, summarize_clips
from ast_demo.check.compare import (
    Difference,
    compare_models,
    shared_labels,
    summarize_differences,
    worst_first,
)
from ast_demo.check.heat import HeatCurves, measure_heat, summarize_heat
from ast_demo.check.perturbations import FALL, SAME, Perturbation, build_perturbations
from ast_demo.check.run import Outcome, Sound, address_effect, outcome_count, run_perturbations
from ast_demo.check.verdicts import Bars, Verdict, build_series, build_verdicts
from ast_demo.classifier import AudioClassifier
from ast_demo.explain.provenance import checkpoint_facts
from ast_demo.training.data.clips import Clip

VERSION = 1  # of the report's JSON
DIGITS = 6  # of every number in it: below them the order of additions shows
HEAT_CLIPS = 40
HEAT_PASSES = 180  # of the model for each clip of the heat, for the time that is left
WORST_CLIPS = 5
ALWAYS_UNTESTED = (
    "Recordings of your own place, distance and microphone, unless they were among the sounds.",
    "Sounds that are none of the model's labels: it has to name one of them all the same.",
    "Two sounds at a time, beyond a sound with noise, rain or speech under it.",
    "Recordings longer than the model's window: the Timeline is not checked here.",
)


@dataclass(frozen=True)
class CheckSettings:
    """What a check does; the same settings give the same report.

    Args:
        quick: about thirty perturbations instead of about 130.
        only: groups of perturbations, all by default.
        seed: of everything random.
        bars: set before the run.
        heat_clips: clips on which the heat is tested; 0 leaves it out.
        perturbed_clips: measure labelled clips under noise, on the telephone and in a room too.
    """

    quick: bool = False
    only: tuple[str, ...] = ()
    seed: int = 0
    bars: Bars = field(default_factory=Bars)
    heat_clips: int = HEAT_CLIPS
    perturbed_clips: bool = True


@dataclass(frozen=True)
class CheckRequest:
    """What is checked: a model on sounds, on request against another, on labelled clips."""

    classifier: AudioClassifier
    sounds: Sequence[Sound]
    settings: CheckSettings = field(default_factory=CheckSettings)
    against: AudioClassifier | None = None
    clips: ClipSet | None = None
    data_name: str = ""
    backgrounds: Mapping[str, np.ndarray] | None = None
    room: np.ndarray | None = None
    command: str = ""  # that makes the report again


class Progress(NamedTuple):
    """How far a check is, in units of about one pass of the model for one sound."""

    stage: str
    done: int
    total: int


@dataclass
class CheckRun:
    """A check under way; its report may be asked for at any time, and says what is missing."""

    request: CheckRequest
    perturbations: list[Perturbation] = field(init=False)
    outcomes: list[Outcome] = field(default_factory=list)
    addresses: float | None = None
    differences: list[Difference] = field(default_factory=list)
    clip_scores: ClipScores | None = None
    curves: list[HeatCurves] = field(default_factory=list)
    heat_sources: list[Sound | Clip] = field(init=False)
    unfinished: list[str] = field(default_factory=list)
    done: int = 0

    def __post_init__(self):
        request, settings = self.request, self.request.settings
        self.perturbations = build_perturbations(
            settings.seed, settings.quick, settings.only, request.backgrounds, request.room
        )
        if request.against is not None:
            shared_labels(request.classifier, request.against)
        sources = request.sounds if request.clips is None else request.clips.clips
        step = max(1, -(-len(sources) // max(1, settings.heat_clips)))
        self.heat_sources = list(sources[::step])[: settings.heat_clips]

    @property
    def total(self) -> int:
        """Units of work in all."""
        request, settings = self.request, self.request.settings
        total = outcome_count(len(request.sounds), self.perturbations) + 2
        if request.against is not None:
            total += 2 * len(request.sounds)
        if request.clips is not None:
            total += len(request.clips.clips) * (4 if settings.perturbed_clips else 1)
        return total + len(self.heat_sources) * HEAT_PASSES

    def steps(self) -> Iterator[Progress]:
        """Do the check, yielding after each pass of the model.

        Raises:
            ValueError: for a model or sounds that cannot be checked.
        """
        self.unfinished = ["perturbed sounds", "comparison", "labelled clips", "heat"]
        yield from self._perturbed()
        yield from self._compared()
        yield from self._labelled()
        yield from self._heated()
        self.unfinished = []

    def _perturbed(self) -> Iterator[Progress]:
        request = self.request
        if request.sounds:
            waveform = request.sounds[0].waveform
            self.addresses = address_effect(request.classifier, waveform, request.settings.seed)
            yield self._progress("bending sounds", 2)
        for outcomes in run_perturbations(request.classifier, request.sounds, self.perturbations):
            self.outcomes += outcomes
            yield self._progress("bending sounds", len(outcomes))
        self.unfinished.remove("perturbed sounds")

    def _compared(self) -> Iterator[Progress]:
        request = self.request
        if request.against is not None:
            for each in compare_models(request.classifier, request.against, request.sounds):
                self.differences.append(each)
                yield self._progress("comparing models", 2)
        self.unfinished.remove("comparison")

    def _labelled(self) -> Iterator[Progress]:
        request, settings = self.request, self.request.settings
        if request.clips is not None:
            clips, factor, before = request.clips.clips, 4 if settings.perturbed_clips else 1, 0
            for step in score_clips(
                request.classifier, clips, settings.perturbed_clips, settings.seed
            ):
                if isinstance(step, int):
                    yield self._progress("listening to clips", factor * (step - before))
                    before = step
                else:
                    self.clip_scores = step
        self.unfinished.remove("labelled clips")

    def _heated(self) -> Iterator[Progress]:
        request = self.request
        for number, source in enumerate(self.heat_sources, start=1):
            base, sounds = self.done, _sounds_of(source)
            for step in measure_heat(request.classifier, sounds, request.settings.seed):
                if step is None:
                    moved = self.done - base < HEAT_PASSES - 8
                    yield self._progress(f"testing the heat, clip {number}", 8 if moved else 0)
                else:
                    self.curves.append(step)
            self.done = base + HEAT_PASSES
        self.unfinished.remove("heat")

    def _progress(self, stage: str, units: int) -> Progress:
        self.done += units
        return Progress(stage, min(self.done, self.total), self.total)

    def report(self) -> dict:
        """Return everything that was found so far, ready for JSON."""
        request, settings = self.request, self.request.settings
        bars = settings.bars
        found = self.outcomes
        series = build_series(self.perturbations, [o for o in found if o.key], bars)
        verdicts = build_verdicts(series, found, self.addresses, bars)
        report = {
            "version": VERSION,
            "package": f"ast_demo {ast_demo.__version__}",
            "model": model_facts(request.classifier),
            "against": None if request.against is None else model_facts(request.against),
            "settings": {
                **dataclasses.asdict(settings),
                "sounds": [sound.name for sound in request.sounds],
                "data": request.data_name or None,
                "room": request.room is not None,
            },
            "command": request.command,
            "sounds": [_sound_facts(o) for o in found if not o.key],
            "series": [dataclasses.asdict(one) for one in series],
            "outcomes": [_outcome_facts(o) for o in found if o.key],
            "comparison": self._comparison(),
            "clips": None
            if self.clip_scores is None
            else summarize_clips(self.clip_scores, request.clips),
            "heat": self._heat(),
        }
        verdicts += extra_verdicts(report, bars)
        report["verdicts"] = [dataclasses.asdict(verdict) for verdict in verdicts]
        report["missed"] = sum(verdict.passed is False for verdict in verdicts)
        report["numbers"] = four_numbers(report)
        report["summary"] = summary_sentences(report)
        report["worst"] = worst_five(report)
        report["not_tested"] = self._not_tested()
        return rounded(report)

    def _comparison(self) -> dict | None:
        request = self.request
        if not self.differences:
            return None
        summary = summarize_differences(request.classifier, request.against, self.differences)
        rows = [dataclasses.asdict(each) for each in worst_first(self.differences)]
        return {**summary, "rows": rows}

    def _heat(self) -> dict | None:
        if not self.heat_sources or ("heat" in self.unfinished and not self.curves):
            return None
        tried = len(self.heat_sources) if "heat" not in self.unfinished else len(self.curves)
        skipped = tried - len(self.curves)
        return summarize_heat(self.curves, skipped, self.request.settings.seed)

    def _not_tested(self) -> list[str]:
        request, settings = self.request, self.request.settings
        lines = [f"Not finished: {name}." for name in self.unfinished]
        groups = dict.fromkeys(p.group for p in build_perturbations(backgrounds={}))
        left_out = [g for g in groups if g not in {p.group for p in self.perturbations}]
        if left_out:
            lines.append(f"Left out: {', '.join(left_out)}.")
        if settings.quick:
            lines.append("The quick check tries one to three strengths of each perturbation.")
        if request.clips is None:
            lines.append("How often the model is right: there were no labelled clips.")
        if not self.heat_sources:
            lines.append("Whether the heat is honest.")
        if len(request.sounds) < 10:
            lines.append(f"More than {len(request.sounds)} sounds: others may be less robust.")
        return lines + list(ALWAYS_UNTESTED)


def run_check(request: CheckRequest) -> dict:
    """Do a whole check and return its report."""
    run = CheckRun(request)
    for _ in run.steps():
        pass
    return run.report()


def _sounds_of(source: Sound | Clip) -> list[Sound]:
    """Return a sound, read if it is a clip; nothing if it cannot be read."""
    if isinstance(source, Sound):
        return [source]
    try:
        return [Sound(source.name, load_audio(source.file).waveform)]
    except AudioError:
        return []


def model_facts(classifier: AudioClassifier) -> dict:
    """Name a model so that nobody can mistake it for another."""
    extractor = classifier.extractor
    return {
        **checkpoint_facts(classifier.checkpoint),
        "dtype": str(classifier.dtype).removeprefix("torch."),
        "device": classifier.device.type,
        "labels": len(classifier.labels),
        "rule": classifier.rule,
        "window_seconds": classifier.window_seconds,
        "mean": extractor.mean,
        "std": extractor.std,
        "do_normalize": extractor.do_normalize,
    }


def _sound_facts(outcome: Outcome) -> dict:
    return {
        "sound": outcome.sound,
        "best": outcome.best[0],
        "score": outcome.best[1],
        "rival": outcome.rival,
        "rival_score": outcome.rival_score,
        "true_score": outcome.true_score,
    }


def _outcome_facts(outcome: Outcome) -> dict:
    facts = dataclasses.asdict(outcome)
    return {**facts, "kept": outcome.kept, "note": outcome.note or None}


def extra_verdicts(report: Mapping, bars: Bars) -> list[Verdict]:
    """Return verdicts on comparison, labelled clips and heat, by the bars that were set."""
    verdicts = []
    comparison, clips, heat = report["comparison"], report["clips"], report["heat"]
    if comparison:
        share = comparison["agree"] / comparison["sounds"]
        measured = f"{comparison['agree']} of {comparison['sounds']} best labels agree"
        verdicts.append(_barred("A against B", measured, share, bars.agree))
    if clips:
        low, high = clips["top1_interval_95"]
        measured = f"{clips['top1']:.1%} right ({low:.1%} to {high:.1%})"
        verdicts.append(_barred("labelled clips", measured, clips["top1"], bars.top1))
        pairs = " and ".join(", ".join(f"{a} / {b}" for a, b in clips["swapped"][:3]).split(" / "))
        found = f"most clips of {pairs} are called by each other's name" if pairs else "none"
        verdicts.append(
            Verdict("must hold", "no two labels are swapped", found, "none", not clips["swapped"])
        )
    if heat and heat["clips"]:
        share = heat["beats"]["relevance"]["loudest cells"] / heat["clips"]
        verdicts.append(_barred("heat", heat["sentence"], share, bars.heat))
    return verdicts


def _barred(name: str, measured: str, share: float, bar: float | None) -> Verdict:
    if bar is None:
        return Verdict("told", name, measured, "none", None)
    return Verdict("must hold", name, measured, f"at least {bar:.0%}", share >= bar)


def four_numbers(report: Mapping) -> list[dict]:
    """Return the numbers to read first: each a value and what it says."""
    points = [p for one in report["series"] for p in one["points"] if p["kind"] == SAME]
    cases, kept = sum(p["cases"] for p in points), sum(p["kept"] for p in points)
    numbers = []
    if cases:
        words = f"of {cases} harmless changes kept the best label"
        numbers.append({"value": f"{kept / cases:.0%}", "words": words})
    white = next((one for one in report["series"] if one["series"] == "white noise"), None)
    if white:
        value = white["holds_to"] or f"not even {white['flips_at']}"
        numbers.append({"value": value, "words": "white noise up to which the label holds"})
    clips, heat, comparison = report["clips"], report["heat"], report["comparison"]
    if clips:
        low, high = clips["top1_interval_95"]
        words = f"of {clips['clips']} labelled clips right ({low:.0%} to {high:.0%})"
        numbers.append({"value": f"{clips['top1']:.1%}", "words": words})
    if comparison:
        words = f"of {comparison['sounds']} sounds on which A and B agree"
        numbers.append({"value": str(comparison["agree"]), "words": words})
    if heat and heat["clips"]:
        value = f"{heat['beats']['relevance']['loudest cells']} of {heat['clips']}"
        numbers.append({"value": value, "words": "clips on which relevance beats loudness"})
    return numbers[:4]


def summary_sentences(report: Mapping) -> list[str]:
    """Say in about three sentences what a colleague should know of the model."""
    return [s for s in (_recognizes(report), _endures(report), _explains(report)) if s]


def _recognizes(report: Mapping) -> str:
    clips = report["clips"]
    if clips:
        low, high = clips["top1_interval_95"]
        return (
            f"It names {clips['top1']:.0%} of {clips['clips']} labelled clips rightly "
            f"({low:.0%} to {high:.0%} of such clips)."
        )
    known = [s for s in report["sounds"] if s["true_score"] is not None]
    right = sum(s["true_score"] >= s["score"] for s in known)
    if not known:
        return "Nothing was labelled, so nobody knows how often it is right."
    return f"It recognizes {right} of the {len(known)} sounds whose label is known."


def _endures(report: Mapping) -> str:
    series = [s for s in report["series"] if s["points"][0]["kind"] in (SAME, FALL)]
    if not series:
        return ""
    firm = [s["series"] for s in series if s["flips_at"] is None]
    weak = [s for s in series if s["flips_at"] is not None]
    text = f"Its answer stays under {len(firm)} of {len(series)} kinds of change"
    if weak:
        weakest = sorted(weak, key=lambda s: s["points"][-1]["kept"] / s["points"][-1]["cases"])
        flips = [
            s["series"] if s["flips_at"] == "once" else f"{s['series']} at {s['flips_at']}"
            for s in weakest[:3]
        ]
        text += f"; it flips soonest under {', '.join(flips)}"
    return text + "."


def _explains(report: Mapping) -> str:
    heat = report["heat"]
    return heat["sentence"] if heat else ""


def worst_five(report: Mapping) -> list[dict]:
    """Return the clips, or the sounds, on which the model does worst, with what is wrong."""
    if report["clips"]:
        rows = [row for row in report["clips"]["rows"] if not row["right"]][:WORST_CLIPS]
        return [
            {
                "name": row["clip"],
                "words": f"called {row['best']} ({row['score']:.2f}), is "
                f"{', '.join(row['labels'])} ({row['true_score']:.2f})",
            }
            for row in rows
        ]
    same = {
        k for s in report["series"] for p in s["points"] if p["kind"] == SAME for k in p["keys"]
    }
    rows = []
    for sound in report["sounds"]:
        mine = [o for o in report["outcomes"] if o["sound"] == sound["sound"] and o["key"] in same]
        lost = [o for o in mine if not o["kept"]]
        if lost:
            words = f"{len(lost)} of {len(mine)} harmless changes flip it, such as {lost[0]['key']}"
            rows.append({"name": sound["sound"], "words": words, "share": len(lost) / len(mine)})
    rows.sort(key=lambda row: -row.pop("share"))
    return rows[:WORST_CLIPS]


def rounded(value):
    """Return nested values with numbers that the order of additions cannot change, no NaN."""
    if isinstance(value, Mapping):
        return {str(key): rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(each) for each in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return round(float(value), DIGITS) if math.isfinite(value) else None
    return value


def to_json(report: Mapping) -> str:
    """Write a report as JSON: the same text for the same report."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def exit_code(report: Mapping) -> int:
    """Return 3 where a bar was missed, else 0."""
    return 3 if report["missed"] else 0
