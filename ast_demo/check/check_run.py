"""One check from the first sound to the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import NamedTuple

import ast_demo
from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio
from ast_demo.check.clip_scores import ClipScores, score_clips
from ast_demo.check.clip_summary import summarize_clips
from ast_demo.check.clips import SOUND_SECONDS
from ast_demo.check.compare import (
    Difference,
    compare_models,
    shared_labels,
    summarize_differences,
    worst_first,
)
from ast_demo.check.facts import model_facts, outcome_facts, sound_facts
from ast_demo.check.heat import BATCH as AT_ONCE
from ast_demo.check.heat import HeatCurves, measure_heat, summarize_heat
from ast_demo.check.perturbations.noise import EXAMPLES
from ast_demo.check.perturbations.perturbation import Perturbation
from ast_demo.check.perturbations.table import build_perturbations
from ast_demo.check.reports.json_report import VERSION, rounded
from ast_demo.check.reports.summary import four_numbers, summary_sentences, worst_five
from ast_demo.check.request import CheckRequest
from ast_demo.check.run import Outcome, Sound, address_effect, outcome_count, run_perturbations
from ast_demo.check.series import build_series
from ast_demo.check.verdicts import build_verdicts, extra_verdicts
from ast_demo.training.data.clips import Clip

ALWAYS_UNTESTED = (
    "Recordings of your own place, distance and microphone, unless they were among the sounds.",
    "Sounds that are none of the model's labels: it has to name one of them all the same.",
    "Two sounds at a time, beyond a sound with noise, rain or speech under it.",
    "Recordings longer than the model's window: the Timeline is not checked here.",
)
LEARNT = "Sounds that it has not heard before: the bundled models have learnt from the examples."
HEAT_PASSES = 180  # of the model for each clip of the heat, for the time that is left


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
    sources: list[Sound | Clip] = field(init=False)  # that two models are compared on
    heat_sources: list[Sound | Clip] = field(init=False)
    unfinished: list[str] = field(default_factory=list)
    done: int = 0

    def __post_init__(self):
        request, settings = self.request, self.request.settings
        self.perturbations = build_perturbations(
            *(settings.seed, settings.quick, settings.only, request.backgrounds, request.room),
            window_seconds=request.classifier.window_seconds,
        )
        if request.against is not None:
            shared_labels(request.classifier, request.against)
        self.sources = list(request.sounds)
        if request.clips is not None:
            self.sources = list(request.clips.clips)
        step = max(1, -(-len(self.sources) // max(1, settings.heat_clips)))
        self.heat_sources = self.sources[::step][: settings.heat_clips]

    @property
    def total(self) -> int:
        """Units of work in all."""
        request, settings = self.request, self.request.settings
        total = outcome_count(len(request.sounds), self.perturbations) + 2
        if request.against is not None:
            total += 2 * len(self.sources)
        if request.clips is not None:
            total += len(request.clips.clips) * (4 if settings.perturbed_clips else 1)
        return total + len(self.heat_sources) * HEAT_PASSES

    def steps(self) -> Generator[Progress, None, None]:
        """Do the check, yielding after each pass of the model.

        Raises:
            ValueError: for a model or sounds that cannot be checked.
        """
        self.unfinished = ["labelled clips", "perturbed sounds", "comparison", "heat"]
        yield from self._labelled()
        yield from self._perturbed()
        yield from self._compared()
        yield from self._heated()
        self.unfinished = []

    def _perturbed(self) -> Generator[Progress, None, None]:
        request = self.request
        if request.sounds:
            waveform = request.sounds[0].waveform
            self.addresses = address_effect(request.classifier, waveform, request.settings.seed)
            yield self._progress("bending sounds", 2)
        for outcomes in run_perturbations(request.classifier, request.sounds, self.perturbations):
            self.outcomes += outcomes
            yield self._progress("bending sounds", len(outcomes))
        self.unfinished.remove("perturbed sounds")

    def _compared(self) -> Generator[Progress, None, None]:
        request = self.request
        if request.against is not None:
            for source in self.sources:
                sounds = _sounds_of(source)
                self.differences += compare_models(request.classifier, request.against, sounds)
                yield self._progress("comparing models", 2)
        self.unfinished.remove("comparison")

    def _labelled(self) -> Generator[Progress, None, None]:
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

    def _heated(self) -> Generator[Progress, None, None]:
        request = self.request
        for number, source in enumerate(self.heat_sources, start=1):
            base, sounds = self.done, _sounds_of(source)
            for step in measure_heat(request.classifier, sounds, request.settings.seed):
                if step is None:
                    moved = self.done - base < HEAT_PASSES - AT_ONCE
                    units = AT_ONCE if moved else 0
                    yield self._progress(f"testing the heat, clip {number}", units)
                else:
                    self.curves.append(step)
            self.done = base + HEAT_PASSES
        self.unfinished.remove("heat")

    def _progress(self, stage: str, units: int) -> Progress:
        self.done += units
        return Progress(stage, min(self.done, self.total), self.total)

    def settings(self) -> dict:
        """Return what is asked for, as the report tells it."""
        request = self.request
        return {
            **dataclasses.asdict(request.settings),
            "only": list(request.settings.only),
            "sounds": [sound.name for sound in request.sounds],
            "data": request.data_name or None,
            "room": request.room is not None,
        }

    def report(self) -> dict:
        """Return everything that was found so far, ready for JSON."""
        request, bars = self.request, self.request.settings.bars
        found = self.outcomes
        series = build_series(self.perturbations, [o for o in found if o.key], bars)
        measured = () if request.clips is None else [clip.name for clip in request.clips.clips]
        verdicts = build_verdicts(series, found, self.addresses, bars, measured)
        report = {
            "version": VERSION,
            "package": f"ast_demo {ast_demo.__version__}",
            "model": model_facts(request.classifier),
            "against": None if request.against is None else model_facts(request.against),
            "settings": self.settings(),
            "command": request.command,
            "sounds": [sound_facts(o) for o in found if not o.key],
            "series": [dataclasses.asdict(one) for one in series],
            "outcomes": [outcome_facts(o) for o in found if o.key],
            "comparison": self._comparison(),
            "clips": None
            if self.clip_scores is None or request.clips is None
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
        if not self.differences or request.against is None:
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
        lines += [f"Left out: {words}" for words in request.left_out]
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
        examples = {file.name for file in EXAMPLES.glob("*.flac")}
        if any(sound.name in examples for sound in request.sounds):
            lines.append(LEARNT)
        if len(request.sounds) < 10:
            few = len(request.sounds)
            these = "this one" if few == 1 else f"these {few}"
            lines.append(f"More sounds than {these}: others may be less robust.")
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
        waveform = load_audio(source.file, max_seconds=SOUND_SECONDS).waveform
        return [Sound(source.name, waveform, source.labels[0])]
    except AudioError:
        return []
