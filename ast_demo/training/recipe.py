"""Recipes: every choice of a training run in one small file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ast_demo.checkpoint.config import ASTConfig

RECIPE_FOLDER = Path(__file__).resolve().parent / "recipes"
OPTIMIZERS = ("adam", "muon")
PRECISIONS = ("float32", "bfloat16")
KEPT = ("best", "last")


class RecipeError(ValueError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True)
class Stage:
    """How training looks at clips from some share of the run on."""

    start: float  # share of the run, 0.0 to 1.0
    frames: int  # length of a crop; the model's window at the end
    tokens: float = 0  # patches kept of each crop at random: a count, or a share below 1; 0: all
    mixup: float = 0.0  # share of clips that are heard together with another

    def kept(self, patches: int) -> int:
        """Return how many of a crop's patches are kept."""
        count = self.tokens * patches if self.tokens < 1 else self.tokens
        return min(patches, round(count)) or patches


@dataclass(frozen=True)
class Recipe:
    """Choices of a run; the defaults are the authors' for fine-tuning, scaled to small data.

    Source: YuanGongND/ast, egs/esc50/run_esc.sh and egs/speechcommands/run_sc.sh
    (Adam, betas 0.95 and 0.999, low rate for pretrained weights, SpecAugment, mixup).
    """

    name: str = "fine-tune"
    steps: int = 600
    minutes: float = 0.0  # end after so much time, rates and stages included; 0: only steps count
    batch: int = 16
    seed: int = 0
    optimizer: str = "adam"
    precision: str = "float32"  # of the products in a step; weights and losses stay float32
    learning_rate: float = 3e-4  # of everything that the optimizer "adam" moves
    matrix_rate: float = 0.02  # of the hidden matrices, with the optimizer "muon"
    head_rate: float = 10.0  # the fresh head learns this much faster than pretrained weights
    weight_decay: float = 5e-7
    warm_up: int = 30  # steps
    decay_from: float = 0.4  # share of the run after which the rate falls
    decay: str = "halving"  # or "linear", down to nothing
    average: float = 0.99  # of the running mean of the weights, which is what is saved
    patience: int = 6  # evaluations without progress before the run stops; 0 never stops early
    evaluate_every: int = 50  # steps
    measured: int = 0  # held-out clips of a class to measure with at most; 0: all
    stages: tuple[Stage, ...] = (Stage(0.0, 0),)  # 0 frames: the model's window
    keep: str = "best"  # weights that are kept: those that measured best, or the last
    balanced: bool = True  # draw classes evenly, not clips
    emphasis: Mapping[str, float] = field(default_factory=dict)  # of labels, where balanced; else 1
    unlabelled: float = 0.0  # share of clips without labels, taught by soft targets alone
    degraded: float = 0.0  # share heard through rooms, loudspeakers and codecs, see degrade.py
    join: float = 0.0  # share of short clips followed by more of their class instead of padding
    place: float = 0.0  # share of short clips put anywhere in the window, amid their own background
    stretch: float = 0.0  # clips are played up to e ** stretch times faster or slower
    label_weight: float = 1.0
    map_weight: float = 0.0  # of the dense soft targets
    mean_weight: float = 1.0  # of their mean over a crop, on top of map_weight
    teacher_weight: float = 0.0  # of the labels that the teacher would give
    spec_freq: int = 24  # mel bins masked at most
    spec_time: int = 48  # frames masked at most
    gain_decibels: tuple[float, float] = (-12.0, 6.0)
    floor_decibels: tuple[float, float] = (-85.0, -45.0)
    floor_share: float = 0.3
    filter_decibels: float = 2.0
    pitch_bins: int = 0
    vocal_tract: float = 0.0  # frequencies are multiplied by up to e ** vocal_tract, or divided
    rounding_share: float = 0.0  # of clips freed of 8-bit noise
    room_share: float = 0.0  # of clips with reverberation
    background_share: float = 0.0  # of clips with another one behind them, whose label is not asked
    background_decibels: tuple[float, float] = (3.0, 25.0)  # how far behind
    splice_share: float = 0.0  # of clips with another one before or after them in the window
    silence: float = 0.0  # share of made-up silence
    silence_label: str = "Silence"
    unknown: float = 0.0  # share of made-up noise, hum and tones, for which no label is right
    loss: str = "auto"  # as problem_type says
    start: str = "everyday-sounds"  # checkpoint to start from; "scratch" builds `config`
    max_length: int = 0  # frames of the window; 0 keeps the checkpoint's
    keep_labels: bool = False  # refuse other labels than the checkpoint's
    labels: tuple[str, ...] = ()  # order of the outputs; empty sorts those of the data
    relabel: Mapping[str, str | None] = field(default_factory=dict)  # null leaves the clips out
    config: Mapping = field(default_factory=dict)  # of ASTConfig, for "scratch"

    def __post_init__(self):
        for name, least in (("steps", 1), ("batch", 1), ("evaluate_every", 1), ("warm_up", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise RecipeError(f"{name} is {value!r}, expected a whole number from {least} on.")
        if self.optimizer not in OPTIMIZERS:
            raise RecipeError(f"optimizer is {self.optimizer!r}, expected adam or muon.")
        if self.precision not in PRECISIONS:
            raise RecipeError(f"precision is {self.precision!r}, expected float32 or bfloat16.")
        if self.keep not in KEPT:
            raise RecipeError(f"keep is {self.keep!r}, expected best or last.")
        if self.learning_rate <= 0 or self.matrix_rate <= 0:
            raise RecipeError("learning_rate and matrix_rate must be above 0.")
        starts = [stage.start for stage in self.stages]
        if not starts or starts[0] != 0.0 or starts != sorted(starts):
            raise RecipeError(f"stages start at {starts}, expected 0.0 first, then later shares.")

    def stage(self, done: float) -> Stage:
        """Return the stage of a moment of the run, from 0.0 to 1.0."""
        return [stage for stage in self.stages if stage.start <= done][-1]

    def done(self, step: int, seconds: float = 0.0) -> float:
        """Return how much of the run is done after some steps and seconds, from 0.0 to 1.0."""
        spent = seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(step / self.steps, spent))

    def rate(self, step: int, done: float) -> float:
        """Return the factor on all learning rates at a step, warm-up and decay included."""
        warm = min(1.0, (step + 1) / (self.warm_up + 1))
        if done < self.decay_from:
            return warm
        rest = (1 - done) / (1 - self.decay_from)
        if self.decay == "linear":
            return warm * rest
        return warm * 0.5 ** int(1 + 5 * (1 - rest))  # six steps down, by half each

    def model_config(self, labels: tuple[str, ...], problem_type: str) -> ASTConfig:
        """Return the shape of a model that is trained from nothing."""
        return ASTConfig(**self.config, id2label=dict(enumerate(labels)), problem_type=problem_type)

    def with_changes(self, **changes) -> Recipe:
        """Return the recipe with some choices changed; None changes nothing."""
        return dataclasses.replace(
            self, **{name: value for name, value in changes.items() if value is not None}
        )

    def to_dict(self) -> dict:
        """Return the content of a recipe file."""
        return dataclasses.asdict(self)


def recipe_names() -> list[str]:
    """List the recipes that ship with the package."""
    return sorted(path.stem for path in RECIPE_FOLDER.glob("*.json"))


def load_recipe(name: str | Path) -> Recipe:
    """Read a bundled recipe by name, or a recipe file; `based_on` names one to take the rest from.

    Raises:
        RecipeError: if there is none, or it holds an unknown or unusable choice.
    """
    path = Path(name) if str(name).endswith(".json") else RECIPE_FOLDER / f"{name}.json"
    if not path.is_file():
        raise RecipeError(
            f"there is no recipe {str(name)!r}: choose {', '.join(recipe_names())} or give the "
            "path of a recipe file (.json)."
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RecipeError(f"{path.name} is no valid JSON ({error}).") from error
    base = values.pop("based_on", None) if isinstance(values, dict) else None
    if base is not None:
        values = {**load_recipe(base).to_dict(), **values}
    return recipe_from_dict({**values, "name": path.stem})


def recipe_from_dict(values: Mapping) -> Recipe:
    """Build a recipe from the content of a recipe file, refusing unknown choices."""
    known = {f.name for f in dataclasses.fields(Recipe)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise RecipeError(f"the recipe has the unknown choices {', '.join(unknown)}.")
    values = dict(values)
    if "stages" in values:
        values["stages"] = tuple(Stage(**stage) for stage in values["stages"])
    for name in ("gain_decibels", "floor_decibels", "background_decibels", "labels"):
        if name in values:
            values[name] = tuple(values[name])
    return Recipe(**values)
