"""Many labelled clips: how often a model is right, where it errs, and which score to ask for."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ast_demo.audio.limits import AudioError
from ast_demo.audio.load import load_audio
from ast_demo.check.archive import ArchiveLimits, unpack
from ast_demo.check.perturbations import Perturbation, build_perturbations
from ast_demo.check.run import CheckError, Sound, known_label
from ast_demo.checkpoint.locate import BUNDLED_FOLDER
from ast_demo.classifier import AudioClassifier
from ast_demo.features.spectrogram import samples_for
from ast_demo.training.data.clips import VALIDATION, Clip
from ast_demo.training.data.dataset import read_clips
from ast_demo.training.evaluation.evaluate import Evaluation
from ast_demo.training.evaluation.metrics import wilson_interval

CLIPS_AT_ONCE = 4  # as in evaluate: more gain nothing on a CPU
PERTURBED = (  # what top-1 is measured under too
    "white noise 10 dB SNR",
    "telephone, µ-law 8 kHz",
    "reverberation 0.8 s RT60",
)
SURE, DENIED = 0.8, 0.1  # a wrong label so sure, with the stated one so low, may be the label's err
WANTED_PRECISION = 0.9
FEWEST_FOR_A_THRESHOLD = 20  # clips that are given a label, before a threshold of its own is told
FEWEST_FOR_A_SWAP = 2  # clips of each of two labels
CLOSE_NAMES = 3
SOUNDS_OF_CLIPS = 8  # that are perturbed, where labelled clips are all there is
SOUND_SECONDS = 30.0  # of each, at most: more than any window
CREDITS_FILE = "CREDITS.csv"


@dataclass
class ClipSet:
    """Labelled clips as a model can be measured on them, and what is left out."""

    clips: list[Clip]  # labels as the model writes them
    unknown: dict[str, list[str]] = field(default_factory=dict)  # label -> close names
    unlabelled: int = 0


@dataclass
class ClipScores:
    """What a model said of labelled clips."""

    evaluation: Evaluation
    unreadable: list[tuple[str, str]]  # name, reason
    under: dict[str, int]  # perturbation -> clips whose best label is right
    trained_on: list[str]  # clips that the model's credits name


def open_clips(path: str | Path, folder: Path, limits: ArchiveLimits | None = None) -> list[Clip]:
    """List the clips of a folder with one subfolder a class, a CSV, or a ZIP of either.

    Args:
        path: the folder, CSV or ZIP.
        folder: empty, to unpack a ZIP into.
        limits: of a ZIP.

    Raises:
        DataError: if it is no data set.
        ArchiveError: if a ZIP is beyond its limits, or not to be trusted.
    """
    path = Path(path).expanduser()
    if path.suffix.casefold() != ".zip":
        return read_clips(path)
    inside = unpack(path, folder, limits)
    tables = sorted(inside.glob("*.csv"))
    clips = read_clips(tables[0] if tables else inside)
    outside = [c for c in clips if not c.file.resolve().is_relative_to(folder.resolve())]
    if outside:
        raise CheckError(
            f"the table in the ZIP names {outside[0].name[:80]!r}, which lies outside of it: name "
            "files beside the table."
        )
    return clips


def match_labels(clips: Sequence[Clip], labels: Sequence[str]) -> ClipSet:
    """Write the clips' labels as the model does, and leave out what it does not know.

    Case, hyphens and underscores do not count. Where a data set names a split, what was trained on
    is left out.

    Raises:
        CheckError: if no clip is left, with the names that come closest.
    """
    if any(clip.split for clip in clips):
        clips = [clip for clip in clips if clip.split == VALIDATION]
    found = ClipSet([])
    for clip in clips:
        known = {
            label: label if label in labels else known_label(label, labels) for label in clip.labels
        }
        for label in (label for label, match in known.items() if match is None):
            found.unknown.setdefault(label, close_names(label, labels))
        if not clip.labels:
            found.unlabelled += 1
        elif None not in known.values():
            matched = tuple(known.values())
            found.clips.append(Clip(clip.file, matched, clip.split, clip.recording, clip.name))
    if not found.clips:
        raise CheckError(_nothing_left(found, labels))
    return found


def _nothing_left(found: ClipSet, labels: Sequence[str]) -> str:
    if not found.unknown:
        return "there is no labelled clip to measure with: put sounds into one folder a class."
    name, close = next(iter(found.unknown.items()))
    hint = f"is it {' or '.join(close)}?" if close else f"it knows {', '.join(labels[:3])}."
    more = f" and {len(found.unknown) - 1} more" if len(found.unknown) > 1 else ""
    return f"the model knows none of the labels, {name[:80]!r}{more}: {hint} Rename them."


def choose_sounds(clips: Sequence[Clip], count: int = SOUNDS_OF_CLIPS) -> list[Sound]:
    """Read a few of the labelled clips, evenly spread, as sounds to perturb."""
    chosen = []
    for clip in clips[:: max(1, -(-len(clips) // count))]:
        try:
            waveform = load_audio(clip.file, max_seconds=SOUND_SECONDS).waveform
        except AudioError:
            continue  # it is listed as unreadable where the clips are measured
        chosen.append(Sound(clip.name, waveform, clip.labels[0]))
    return chosen


def close_names(label: str, labels: Sequence[str]) -> list[str]:
    """List the labels whose names come closest to one that the model does not know."""
    plain = {name.casefold(): name for name in labels}
    near = difflib.get_close_matches(label.casefold(), plain, CLOSE_NAMES, 0.5)
    words = set(re.findall(r"\w{3,}", label.casefold()))
    shared = [name for key, name in plain.items() if words & set(re.findall(r"\w{3,}", key))]
    return list(dict.fromkeys([*(plain[key] for key in near), *shared]))[:CLOSE_NAMES]


def score_clips(
    classifier: AudioClassifier,
    clips: Sequence[Clip],
    perturbed: bool = True,
    seed: int = 0,
) -> Iterator[ClipScores | int]:
    """Yield how many clips are done, after each pass of the model, and at last the scores.

    Args:
        classifier: the model.
        clips: labelled as the model labels.
        perturbed: measure under noise, on the telephone and in a room too.
        seed: of these.

    Raises:
        CheckError: if no clip can be read, or scores are no numbers.
    """
    table = build_perturbations(seed) if perturbed else []
    under = [p for p in table if p.key in PERTURBED]
    run = _ClipRun(classifier, under)
    for start in range(0, len(clips), CLIPS_AT_ONCE):
        part = clips[start : start + CLIPS_AT_ONCE]
        run.score(part)
        yield start + len(part)
    yield run.scores()


class _ClipRun:
    """Scores of clips as they come; nothing of a sound is kept."""

    def __init__(self, classifier: AudioClassifier, perturbations: Sequence[Perturbation]):
        self.classifier = classifier
        self.perturbations = perturbations
        self.window = samples_for(classifier.extractor.max_length)
        self.rows: list[np.ndarray] = []
        self.clips: list[Clip] = []
        self.unreadable: list[tuple[str, str]] = []
        self.right = {p.key: 0 for p in perturbations}

    def score(self, part: Sequence[Clip]) -> None:
        waveforms, read = [], []
        for clip in part:
            try:
                seconds = max(self.classifier.window_seconds, 1.0)
                sound = load_audio(clip.file, max_seconds=seconds)
            except ValueError as error:
                self.unreadable.append((clip.name, str(error)))
                continue
            waveforms.append(sound.waveform[: self.window])
            read.append(clip)
        if not read:
            return
        rows = self._scores(waveforms)
        if not np.isfinite(rows).all():
            raise CheckError(
                f"the model gives scores that are not numbers (NaN) for {read[0].name}: its "
                "weights are damaged, or too large for its dtype; try --dtype float32."
            )
        self.rows += list(rows)
        self.clips += read
        for p in self.perturbations:
            heard = [p.heard(waveform, self.window).waveform for waveform in waveforms]
            best = self._scores(heard).argmax(axis=1)
            self.right[p.key] += sum(
                self.classifier.labels[index] in clip.labels for index, clip in zip(best, read)
            )

    def _scores(self, waveforms: Sequence[np.ndarray]) -> np.ndarray:
        predictions = self.classifier.classify_batch(waveforms)
        labels = self.classifier.labels
        return np.array([[each.scores[label] for label in labels] for each in predictions])

    def scores(self) -> ClipScores:
        if not self.rows:
            reason = self.unreadable[0][1]
            raise CheckError(f"none of the {len(self.unreadable)} clips can be read: {reason}")
        labels = self.classifier.labels
        targets = np.zeros((len(self.clips), len(labels)), np.int64)
        for row, clip in enumerate(self.clips):
            targets[row, [labels.index(label) for label in clip.labels]] = 1
        names = tuple(clip.name for clip in self.clips)
        evaluation = Evaluation(names, tuple(labels), np.array(self.rows), targets)
        checkpoint = self.classifier.checkpoint
        trained = () if checkpoint is None else credited(checkpoint.name, names)
        return ClipScores(evaluation, self.unreadable, self.right, list(trained))


def credited(model: str, names: Sequence[str]) -> list[str]:
    """List the clips that a bundled model's credits name: it may have been trained on them.

    A name counts if its stem is a recording's title, or a number in it is a recording's id.
    """
    file = BUNDLED_FOLDER / model / CREDITS_FILE
    if not re.fullmatch(r"[\w.-]+", model) or not file.is_file():
        return []
    titles, ids = set(), set()
    with file.open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            titles.add(Path(row["title"]).stem.casefold())
            ids.update(re.findall(r"(?<=/)\d{4,}(?=/|$)", row["url"]))
    titles.discard("")
    return [
        name
        for name in names
        if Path(name).stem.casefold() in titles or ids & set(re.findall(r"\d{4,}", Path(name).stem))
    ]


def summarize_clips(scores: ClipScores, clip_set: ClipSet) -> dict:
    """Return the numbers of a measurement, ready for JSON."""
    evaluation = scores.evaluation
    table, shown = evaluation.confusions()
    summary = evaluation.to_dict()
    count = summary["clips"]
    return {
        **summary,
        "confusion": {"labels": shown, "counts": table.tolist()},
        "rows": clip_rows(evaluation),
        "label_errors": [row["clip"] for row in likely_label_errors(clip_rows(evaluation))],
        "swapped": swapped_labels(evaluation),
        "score_to_ask": scores_to_ask(evaluation),
        "under": {
            key: {"right": right, "interval_95": list(wilson_interval(right, count))}
            for key, right in scores.under.items()
        },
        "unreadable": [{"clip": name, "reason": reason} for name, reason in scores.unreadable],
        "unknown_labels": clip_set.unknown,
        "unlabelled": clip_set.unlabelled,
        "trained_on": scores.trained_on,
    }


def clip_rows(evaluation: Evaluation) -> list[dict]:
    """Return one row a clip, the worst first: best wrong score minus true score."""
    rows = []
    for name, scores, target in zip(evaluation.files, evaluation.scores, evaluation.targets):
        best = int(scores.argmax())
        wrong = np.where(target == 1, -np.inf, scores)
        true = float(scores[target == 1].max())
        rows.append(
            {
                "clip": name,
                "labels": [evaluation.labels[i] for i in np.flatnonzero(target)],
                "best": evaluation.labels[best],
                "score": float(scores[best]),
                "true_score": true,
                "right": bool(target[best]),
                "badness": float(wrong.max()) - true if np.isfinite(wrong.max()) else -true,
            }
        )
    return sorted(rows, key=lambda row: -row["badness"])


def likely_label_errors(rows: Sequence[Mapping]) -> list[Mapping]:
    """Return clips where the model is sure of another label and denies the stated one."""
    return [
        row
        for row in rows
        if not row["right"] and row["score"] >= SURE and row["true_score"] <= DENIED
    ]


def swapped_labels(evaluation: Evaluation) -> list[list[str]]:
    """Return pairs of labels most clips of which are called by the other one's name."""
    table, labels = evaluation.confusions()
    counts = table.sum(axis=1)
    return [
        [labels[i], labels[j]]
        for i in range(len(labels))
        for j in range(i + 1, len(labels))
        if min(counts[i], counts[j]) >= FEWEST_FOR_A_SWAP
        and table[i, j] > counts[i] / 2
        and table[j, i] > counts[j] / 2
    ]


def scores_to_ask(evaluation: Evaluation, precision: float = WANTED_PRECISION) -> list[dict]:
    """Return the score to ask for so that what is above is right so often, overall and a label.

    A label is told one of its own where at least `FEWEST_FOR_A_THRESHOLD` clips are given it.
    """
    best = evaluation.scores.argmax(axis=1)
    top = evaluation.scores.max(axis=1)
    right = np.take_along_axis(evaluation.targets, best[:, None], axis=1)[:, 0]
    rows = [{"label": None, **_score_to_ask(top, right, precision)}]
    for index in evaluation.present:
        given = best == index
        if given.sum() >= FEWEST_FOR_A_THRESHOLD:
            row = _score_to_ask(top[given], right[given], precision)
            rows.append({"label": evaluation.labels[index], **row})
    return rows


def _score_to_ask(scores: np.ndarray, right: np.ndarray, precision: float) -> dict:
    """Find the least score above which Wilson's lower bound of being right reaches a share."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # equal scores go together
    found = {"score": None, "clips": 0, "right": 0, "of": len(scores)}
    for end in ends:
        count = int(end) + 1
        if wilson_interval(float(hits[end]), count)[0] >= precision:
            score = float(scores[order][end])
            found = {"score": score, "clips": count, "right": int(hits[end]), "of": len(scores)}
    return found
