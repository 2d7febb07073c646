"""Everything a run needs, put together from a data set, a recipe and a place for the result."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ast_demo.audio.load import load_audio
from ast_demo.features.extractor import ASTFeatureExtractor
from ast_demo.model.device import choose_device
from ast_demo.model.transformer import ASTForAudioClassification
from ast_demo.training.data.clips import TRAIN, VALIDATION, Clip, DataError, at_most
from ast_demo.training.data.dataset import Dataset
from ast_demo.training.data.degrade import degrade, generator_of
from ast_demo.training.data.feature_cache import FeatureCache, build_cache
from ast_demo.training.data.norm_stats import NormStats, describe_distance, norm_stats
from ast_demo.training.data.sampler import BatchSource
from ast_demo.training.distillation.soft_targets import SoftTargets
from ast_demo.training.distillation.teacher_labels import TeacherLabels
from ast_demo.training.initialization import POSITION_WIDTH, start_like_a_convolution
from ast_demo.training.recipe import Recipe
from ast_demo.training.run_data import describe_data
from ast_demo.training.trainer import Trainer
from ast_demo.training.transfer import load_to_fine_tune
from ast_demo.training.validation import Validation

CACHE_FOLDER = "features"  # in the folder of the run
MOST_SECONDS = 10.24  # of each clip
SILENT_PEAK = 1e-4  # of full scale, -80 dB: nothing to learn a label from
PATCHES_SAMPLED = 20_000  # for principal components; ten times what 256 cells need
UNREADABLE_SHARE = 0.1  # of the files: beyond, something is wrong with the data set itself
_EXAMPLES = 3


@dataclass(frozen=True)
class Prepared:
    """A trainer ready to run, and what the user should read before it does."""

    trainer: Trainer
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    stats: NormStats


def prepare(
    dataset: Dataset,
    recipe: Recipe,
    out: Path,
    soft_targets: Sequence[str | Path] = (),
    cache_folder: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    device: str = "cpu",
) -> Prepared:
    """Compute or open the features, load or build the model, and set up the run.

    Args:
        dataset: what to learn.
        recipe: how to learn it.
        out: folder for the result.
        soft_targets: a teacher's files, see soft_targets.py.
        cache_folder: where spectrograms are kept; inside `out` by default.
        progress: called with (files read, files in all).
        device: where the model is trained; "auto" takes a GPU if there is one.

    Raises:
        ValueError: with one sentence on what is wrong with the data, the recipe or the disk.
    """
    material = _material(dataset, recipe, out, soft_targets, cache_folder, progress)
    torch.manual_seed(recipe.seed)
    start = _start(recipe, material)
    train, notes = material.train, list(start.notes)
    source = BatchSource(train, material.cache, material.labels, recipe, material.degraded)
    teacher = judge = None
    if soft_targets and recipe.map_weight:
        teacher = SoftTargets.load(soft_targets, [clip.name for clip in train])
        notes.append(f"soft targets from {', '.join(Path(file).name for file in soft_targets)}")
        if recipe.teacher_weight:
            judge = TeacherLabels(teacher, train, torch.from_numpy(source.targets))
    trainer = Trainer(
        start.model,
        start.extractor,
        recipe,
        source,
        material.validation,
        out,
        soft_targets=teacher,
        teacher_labels=judge,
        fresh_head=start.fresh_head,
        device=choose_device(device),
        data=describe_data((*train, *material.held_out), soft_targets if teacher else ()),
    )
    notes.append(
        f"{len(train)} clips to train on, {len(material.validation.targets)} to measure with, "
        f"{len(material.labels)} labels"
    )
    warnings = (*material.warnings, *start.warnings)
    return Prepared(trainer, tuple(notes), warnings, start.stats)


class _Material(NamedTuple):
    """What of a data set can be learnt and measured with."""

    labels: tuple[str, ...]  # in output order
    problem_type: str
    train: list[Clip]
    held_out: list[Clip]
    cache: FeatureCache  # spectrograms of `train`
    degraded: FeatureCache | None  # the same as they arrive somewhere
    validation: Validation
    warnings: tuple[str, ...]


def _material(
    dataset: Dataset,
    recipe: Recipe,
    out: Path,
    soft_targets: Sequence[str | Path],
    cache_folder: Path | None,
    progress: Callable[[int, int], None] | None,
) -> _Material:
    """Compute or open the features of the clips, and leave out what cannot be used."""
    dataset = dataset.relabelled(recipe.relabel, recipe.labels)
    dataset, absent = _with_present_labels(dataset, recipe)
    clips = [clip for clip in dataset.clips if clip.labels or soft_targets]
    folder = cache_folder or out / CACHE_FOLDER
    files = [clip.file for clip in clips]
    every = build_cache(files, folder, read_waveform, MOST_SECONDS, progress)
    usable, bad = usable_clips(clips, every)
    degraded = None
    if recipe.degraded:
        degraded = build_cache(files, folder, read_degraded, MOST_SECONDS, progress, "degraded")
    learnt = [i for i in usable if clips[i].split == TRAIN]
    measured = [i for i in usable if clips[i].split == VALIDATION and clips[i].labels]
    measured = at_most(measured, clips, recipe.measured)
    train, held_out = [clips[i] for i in learnt], [clips[i] for i in measured]
    _require_classes(train, dataset.labels, recipe)
    if not held_out:
        raise DataError("no clip of the validation split can be used: add some to measure with.")
    several = any(len(clip.labels) > 1 for clip in clips)
    problem_type = "multi_label_classification" if several else "single_label_classification"
    targets = np.array(
        [[label in clip.labels for label in dataset.labels] for clip in held_out], np.int64
    )
    return _Material(
        dataset.labels,
        problem_type if recipe.loss == "auto" else recipe.loss,
        train,
        held_out,
        every.subset(learnt),
        degraded and degraded.subset(learnt),
        Validation(every.subset(measured), targets),
        (*dataset.warnings, *absent, *bad),
    )


class _Start(NamedTuple):
    """The model with which a run begins."""

    model: ASTForAudioClassification
    extractor: ASTFeatureExtractor
    stats: NormStats
    fresh_head: bool  # its last layer is new, and learns faster than the others
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def _start(recipe: Recipe, material: _Material) -> _Start:
    """Build a model from nothing, or load the checkpoint that is fine-tuned."""
    if recipe.start == "scratch":
        model, extractor, stats = build_model(
            recipe, material.labels, material.problem_type, material.cache
        )
        note = (
            f"a new model with {model.num_parameters():,} weights; normalization "
            f"{extractor.mean:.4f} and {extractor.std:.4f} from the data"
        )
        # In a model that is new as a whole no layer learns faster than others.
        return _Start(model, extractor, stats, fresh_head=False, notes=(note,))
    model, extractor, changes, fresh_head = load_to_fine_tune(
        recipe.start,
        material.labels,
        material.problem_type,
        recipe.max_length or None,
        recipe.keep_labels,
    )
    notes = (f"starting from {recipe.start}", *changes)
    stats = _stats(material.cache, model.config.max_length)
    text, far = describe_distance(stats.pooled, extractor.mean, extractor.std)
    if far:
        return _Start(model, extractor, stats, fresh_head, notes, (text,))
    return _Start(model, extractor, stats, fresh_head, (*notes, text))


def read_waveform(file: Path) -> np.ndarray:
    """Decode a sound file to mono float32 at 16 kHz."""
    return load_audio(file, max_seconds=MOST_SECONDS).waveform


def read_degraded(file: Path) -> np.ndarray:
    """Decode a sound file and let it go through a room, a loudspeaker or a codec."""
    return degrade(read_waveform(file), generator_of(file))


def usable_clips(clips: Sequence[Clip], cache: FeatureCache) -> tuple[list[int], list[str]]:
    """Return which clips can be learnt from, and sentences about those left out.

    Raises:
        DataError: if more than a tenth of them cannot be read, or hold only silence.
    """
    good, unreadable, silent = [], [], []
    for number, clip in enumerate(clips):
        peak = cache.peaks[number]
        meant = "silence" in " ".join(clip.labels).lower()
        if np.isnan(peak):
            unreadable.append(f"{clip.name} ({cache.problems[number]})")
        elif peak < SILENT_PEAK and not meant:
            silent.append(clip.name)
        else:
            good.append(number)
    notes = []
    for kind, names in (("cannot be read", unreadable), ("hold only silence", silent)):
        some = "; ".join(names[:_EXAMPLES])
        if len(names) > UNREADABLE_SHARE * len(clips):
            raise DataError(
                f"{len(names)} of {len(clips)} files {kind}, for example {some}: mend or remove "
                "them."
            )
        if names:
            notes.append(f"{len(names)} files {kind} and are left out: {some}")
    return good, notes


def build_model(
    recipe: Recipe, labels: Sequence[str], problem_type: str, cache: FeatureCache
) -> tuple[ASTForAudioClassification, ASTFeatureExtractor, NormStats]:
    """Make a model to train from nothing, normalized for the data."""
    config = recipe.model_config(tuple(labels), problem_type)
    stats = _stats(cache, config.max_length)
    extractor = ASTFeatureExtractor(
        max_length=config.max_length,
        num_mel_bins=config.num_mel_bins,
        mean=round(stats.pooled.mean, 6),
        std=round(stats.pooled.std, 6),
    )
    model = ASTForAudioClassification(config)
    if config.head_dim >= POSITION_WIDTH and config.hidden_size > POSITION_WIDTH:
        generator = torch.Generator().manual_seed(recipe.seed)
        patches = _sample_patches(cache, config.patch_size, recipe.seed)
        patches = (patches - extractor.mean) / (2 * extractor.std)
        start_like_a_convolution(model, patches, generator)
    return model, extractor, stats


def _stats(cache: FeatureCache, max_length: int) -> NormStats:
    return norm_stats((cache[i].astype(np.float32) for i in range(len(cache))), max_length)


def _sample_patches(cache: FeatureCache, size: int, seed: int) -> torch.Tensor:
    """Cut patches at random, (samples, size * size), frequency-major as the projection reads."""
    rng = np.random.default_rng(seed)
    mel_bins = cache.frames.shape[1]
    long_enough = np.flatnonzero(cache.num_frames >= size)
    clips = rng.choice(long_enough, PATCHES_SAMPLED)
    starts = cache.starts[clips] + rng.integers(0, cache.num_frames[clips] - size + 1)
    bins = rng.integers(0, mel_bins - size + 1, PATCHES_SAMPLED)
    patches = [
        np.asarray(cache.frames[t : t + size, m : m + size], np.float32).T.ravel()
        for t, m in zip(starts, bins)
    ]
    return torch.from_numpy(np.stack(patches))


def _with_present_labels(dataset: Dataset, recipe: Recipe) -> tuple[Dataset, list[str]]:
    """Leave out labels that no clip carries, and add that of made-up silence."""
    carried = {label for clip in dataset.clips for label in clip.labels}
    made_up = [recipe.silence_label] if recipe.silence else []
    labels = [*dataset.labels, *(label for label in made_up if label not in dataset.labels)]
    present = tuple(label for label in labels if label in carried or label in made_up)
    absent = [label for label in labels if label not in present]
    warnings = []
    if absent:
        some = ", ".join(absent[:_EXAMPLES])
        warnings.append(f"{len(absent)} labels of the recipe have no clip and are left out: {some}")
    return dataclasses.replace(dataset, labels=present), warnings


def _require_classes(train: Sequence[Clip], labels: Sequence[str], recipe: Recipe) -> None:
    present = {label for clip in train for label in clip.labels}
    made_up = {recipe.silence_label} if recipe.silence else set()
    empty = [label for label in labels if label not in present | made_up]
    if empty:
        raise DataError(
            f"{len(empty)} classes have no usable clip to train on "
            f"({', '.join(empty[:_EXAMPLES])}): add some or leave the class out."
        )
