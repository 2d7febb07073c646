"""The work behind the Check tab: bend, compare, measure, and answer what the page asks about it."""

from __future__ import annotations

import csv
import datetime
import io
import re
import secrets
import shlex
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ast_demo.ui.services import rpc
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.limits import MEGABYTE, Limits
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import new_file, own_file

KEPT_CHECKS = 16
KEPT_BYTES = 128 * MEGABYTE  # sounds of twelve examples are 4 MB
SOURCES = ("explore", "examples", "sound", "zip")
SAME_MODEL = {  # what a model may be compared with beside the others that are offered
    "normalized as AudioSet": "audioset",
    "normalized as Speech Commands": "commands",
}
HEAT_CLIPS = 3  # of the page's test of the heat: 180 passes each
SHOW_SECONDS = 0.25  # between two views of the progress
TITLE_LENGTH = 200  # characters of a name from outside
EXPORTS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv",
    "md": "text/markdown",
}


@dataclass
class KeptCheck:
    """A report, and the sounds that it was made of."""

    report: dict
    sounds: list
    perturbations: dict  # key -> Perturbation
    classifier: object
    clips: dict[str, Path] = field(default_factory=dict)  # name -> file
    nbytes: int = 0

    def __post_init__(self):
        self.nbytes = sum(sound.waveform.nbytes for sound in self.sounds)


def kept_checks(limits: Limits) -> ExpiringCache:
    """Make the store of the latest checks."""
    return ExpiringCache(KEPT_CHECKS, KEPT_BYTES, limits.keep_seconds, what="this check is")


def check_views(
    services: Services, kept: ExpiringCache, request: dict, model: str, opened: str | None
) -> Iterator[dict]:
    """Yield what the component shows while a check runs, and at the end its report.

    Args:
        request: "source", one of `SOURCES`; "path" and "title" of an upload; "quick", "heat",
            "against", "kept" (the bar), "room" (a path), "seed", and "job", a number that comes
            back with each view.
        model: name of the visitor's model.
        opened: path of the sound that is open in Explore.
    """
    job = request.get("job")
    views = _views(services, kept, request, model, opened)
    try:
        yield from (view | {"job": job if isinstance(job, int) else None} for view in views)
    finally:
        views.close()


def _views(services: Services, kept: ExpiringCache, request: dict, model: str, opened):
    stage = "Reading the sounds" if services.models.is_loaded(model) else "Loading the model"
    yield {"status": "busy", "stage": stage, "fraction": None}
    try:
        from ast_demo.check.report import CheckRun  # torch: not before the first page

        asked = _request(services, request, model, opened)
        run = CheckRun(asked.check)
        yield from _work(services, run)
        report = run.report()
        perturbations = {p.key: p for p in run.perturbations}
        key = secrets.token_urlsafe(16)
        sounds, classifier = list(asked.check.sounds), asked.check.classifier
        kept.put(key, KeptCheck(report, sounds, perturbations, classifier, asked.clips))
        yield {"status": "ready", "id": key, "report": shown_report(report)}
    except Exception as error:
        if not isinstance(error, ValueError):
            traceback.print_exception(error)
        yield {"status": "error", "message": user_message(error)}


def _work(services: Services, run) -> Iterator[dict]:
    """Do a check in turns with everybody else, and stop when its time is over."""
    steps, started, shown = run.steps(), time.monotonic(), 0.0
    try:
        while (progress := services.run_model(next, steps, None)) is not None:
            now = time.monotonic()
            if now - started > services.limits.check_seconds:
                return
            if now - shown > SHOW_SECONDS:
                shown = now
                share = progress.done / progress.total
                yield {
                    "status": "busy",
                    "stage": progress.stage.capitalize(),
                    "fraction": share,
                    "left": (now - started) * (1 - share) / max(share, 0.01),
                }
    finally:
        steps.close()


def shown_report(report: dict) -> dict:
    """Return what the page needs of a report: all but the single outcomes."""
    return {key: value for key, value in report.items() if key != "outcomes"}


@dataclass
class _Asked:
    check: object  # CheckRequest
    clips: dict[str, Path]


def _request(services: Services, request: dict, model: str, opened: str | None) -> _Asked:
    """Turn what the page asks into a request, within the host's bounds.

    Raises:
        ValueError: for a source, file, model or bar that cannot be used.
    """
    from ast_demo.check.clips import choose_sounds, match_labels
    from ast_demo.check.report import CheckRequest, CheckSettings
    from ast_demo.check.verdicts import Bars

    source = request.get("source")
    if source not in SOURCES:
        raise ValueError(f"the source is {source!r:.40}, expected one of {', '.join(SOURCES)}.")
    classifier = services.models.get(model)
    quick = request.get("quick") is not False
    clip_set, files, sounds, name = None, {}, [], ""
    if source == "zip":
        name = _title(request, "clips.zip")
        clips = _unpacked(services, request.get("path"), name, model)
        clip_set = match_labels(clips, classifier.labels)
        files = {clip.name: clip.file for clip in clip_set.clips}
        sounds = choose_sounds(clip_set.clips)
    else:
        sounds = _sounds(services, source, request, opened, classifier.labels)
    room = request.get("room")
    settings = CheckSettings(
        quick=quick,
        seed=round(rpc.number({"seed": 0, **request}, "seed", 0, 2**31)),
        bars=Bars(kept=rpc.number({"kept": 0.9, **request}, "kept", 0.0, 1.0)),
        heat_clips=HEAT_CLIPS if request.get("heat") is True else 0,
        perturbed_clips=not quick,
    )
    check = CheckRequest(
        classifier,
        sounds,
        settings,
        against=_against(services, request.get("against"), classifier),
        clips=clip_set,
        data_name=name,
        room=None if room is None else services.read(str(room))[0].waveform,
        command=home_command(request, model, classifier, sounds, name, settings),
    )
    return _Asked(check, files)


def _sounds(services: Services, source: str, request: dict, opened: str | None, labels) -> list:
    from ast_demo.check.run import Sound, known_label

    if source == "examples":
        files = [(str(clip), clip.name) for clip in services.example_clips()]
    elif source == "explore":
        if not opened:
            raise ValueError("there is no sound open in Explore: open one there, or choose here.")
        files = [(opened, Path(opened).name)]
    else:
        files = [(request.get("path"), _title(request, "sound"))]
    found = []
    for path, name in files[: services.limits.check_sounds]:
        waveform = services.read(path)[0].waveform
        found.append(Sound(name, waveform, known_label(name, labels)))
    return found


def _unpacked(services: Services, path, title: str, model: str) -> list:
    """List the clips of an uploaded ZIP, which is unpacked beside it."""
    from ast_demo.check.archive import ArchiveLimits
    from ast_demo.check.clips import open_clips

    if not isinstance(path, str):
        raise ValueError("the ZIP did not arrive: upload it again.")
    file = own_file(path)
    if not file.is_file() or file.suffix.casefold() != ".zip":
        raise ValueError("the file is no ZIP: pack folders of sounds, one a class, into one.")
    limits = services.limits
    command = shlex.join(["python", "-m", "ast_demo", "check", model, "--data", title])
    bounds = ArchiveLimits(
        limits.zip_megabytes * MEGABYTE,
        limits.zip_members,
        limits.zip_unpacked_megabytes * MEGABYTE,
        limits.zip_ratio,
        f"check it at home: {command}",
    )
    folder = new_file("clips")
    clips = open_clips(file, folder, bounds)
    expire(folder)
    return clips


def expire(folder: Path) -> None:
    """Note every file in a folder as an upload, so that it is deleted after the same time."""
    from gradio.context import LocalContext

    page = LocalContext.blocks.get(None)
    if page is not None:
        page.upload_file_set.update(str(path) for path in folder.rglob("*") if path.is_file())


def _against(services: Services, name, classifier):
    """Return model B, if the page asks for one."""
    from ast_demo.check.compare import renormalized
    from ast_demo.check.perturbations import NORMALIZATIONS

    if name in (None, ""):
        return None
    if name in SAME_MODEL:
        place = list(SAME_MODEL).index(name)
        return renormalized(classifier, *list(NORMALIZATIONS.values())[place])
    return services.models.get(str(name))


def home_command(request: dict, model: str, classifier, sounds, data: str, settings) -> str:
    """Write the command that makes the same report at home."""
    words = ["python", "-m", "ast_demo", "check", model]
    words += ["--dtype", str(classifier.dtype).removeprefix("torch.")]
    against = request.get("against")
    if against in SAME_MODEL:
        words += ["--against-norm", SAME_MODEL[against]]
    elif against:
        words += ["--against", str(against)]
    if data:
        words += ["--data", data]
    elif request.get("source") != "examples":
        words += ["--sounds", *(sound.name for sound in sounds)]
    if request.get("room") is not None:
        words += ["--room", "room.wav"]
    words += ["--quick"] if settings.quick else []
    words += ["--heat", str(settings.heat_clips), "--bar", f"kept={settings.bars.kept:g}"]
    return shlex.join([*words, "--seed", str(settings.seed), "-o", "report.html"])


def _title(request: dict, otherwise: str) -> str:
    title = request.get("title")
    return title[:TITLE_LENGTH] if isinstance(title, str) and title else otherwise


# What the page asks afterwards


def server_functions(services: Services, kept: ExpiringCache) -> list[Callable]:
    """List the functions for the tab's gr.HTML, which offers them to its JavaScript."""
    handlers = (check_sound, check_open, check_maps, check_smallest, check_depth, check_clip)
    return [rpc.served(handler, services, kept) for handler in (*handlers, check_export)]


def check_sound(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return a perturbed sound, or the sound itself, as a WAV file."""
    from ast_demo.explain.resynthesis import wav_bytes

    waveform, note, _ = _heard(kept.get(str(request.get("id"))), request)
    return {"wav": rpc.packed(wav_bytes(waveform, 16000)), "note": note}


def check_open(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Make a perturbed sound a file of this page, for the explorer."""
    import soundfile

    waveform, _, title = _heard(kept.get(str(request.get("id"))), request)
    path = new_file("bent.wav")
    soundfile.write(path, waveform, 16000, subtype="FLOAT")
    return {"path": str(path), "title": title}


def check_maps(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return spectrogram and rollout before and after, for drawing them side by side."""
    entry = kept.get(str(request.get("id")))
    perturbation = _perturbation(entry, request)
    sound = _sound(entry, request)
    classifier = entry.classifier
    heard, _, _ = _heard(entry, request)

    def run() -> list[dict]:
        from ast_demo.check.perturbations import usual_input

        before = usual_input(classifier.extractor, sound.waveform)
        after = before
        if perturbation is not None:
            after = perturbation.input_values(classifier.extractor, heard)
        return [_picture(classifier, values) for values in (before, after)]

    pictures = services.run_model(run)
    grid = classifier.grid
    shape = {"frames": grid.max_length, "bins": grid.num_mel_bins}
    return {**shape, "pictures": pictures, "columns": grid.time_patches, "rows": grid.freq_patches}


def _picture(classifier, values) -> dict:
    logits, _, tokens = classifier.logits_and_rollout(values.unsqueeze(0))
    scores = classifier.scores_of(logits)[0]
    best = int(scores.argmax())
    patches = tokens[0, -classifier.grid.num_patches :].float().cpu().numpy()
    cells = values.float().cpu().numpy()
    low, high = np.percentile(cells, [1, 99])
    return {
        "cells": rpc.packed_shares((cells - low) / max(high - low, 1e-6)),
        "heat": rpc.packed_shares(patches / max(float(patches.max()), 1e-12)),
        "max": float(patches.max()),
        "label": classifier.labels[best],
        "score": round(float(scores[best]), 4),
    }


def check_smallest(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return the hottest part of a sound that brings most of its best score back, as a WAV."""
    from ast_demo.explain.resynthesis import wav_bytes
    from ast_demo.explain.sufficiency import smallest_sound

    entry = kept.get(str(request.get("id")))
    waveform, _, _ = _heard(entry, request)

    def run():
        explanation = entry.classifier.explain(waveform)
        label = explanation.top(1)[0][0]
        return smallest_sound(explanation, explanation.relevance(label), label)

    found = services.run_model(run)
    return {"wav": rpc.packed(wav_bytes(found.waveform, 16000)), "note": found.sentence}


def check_depth(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return the scores after each layer of the labels that are best at the end, or truly there."""
    from ast_demo.explain.sufficiency import decision_layer, scores_over_depth

    entry = kept.get(str(request.get("id")))
    waveform, _, _ = _heard(entry, request)
    labels = entry.classifier.labels
    scores = services.run_model(lambda: scores_over_depth(entry.classifier.explain(waveform)))
    best, rival = (labels[index] for index in np.argsort(-scores[-1], kind="stable")[:2])
    shown = list(dict.fromkeys([best, rival, _sound(entry, request).label or best]))
    layer = decision_layer(scores, labels.index(best))
    words = "before the first layer" if layer == 0 else f"after layer {layer}"
    return {
        "curves": {label: scores[:, labels.index(label)].tolist() for label in shown},
        "note": f"{best} is best from {words} on, of {len(scores) - 1}.",
    }


def check_clip(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return the file of a labelled clip, to be played or opened in the explorer."""
    entry = kept.get(str(request.get("id")))
    name = request.get("clip")
    file = entry.clips.get(name) if isinstance(name, str) else None
    if file is None:
        raise ValueError("there is no such clip in this check: run it again.")
    if not file.is_file():
        raise ValueError("this clip was deleted from the server by now: run the check again.")
    return {"path": str(file), "title": Path(name).name}


def check_export(services: Services, kept: ExpiringCache, request: dict) -> dict:
    """Return a report as a file: `kind` html, pdf, json, csv or md."""
    report, kind = kept.get(str(request.get("id"))).report, request.get("kind")
    if kind not in EXPORTS:
        raise ValueError(f"the kind is {kind!r:.40}, expected one of {', '.join(EXPORTS)}.")
    content = outcomes_csv(report) if kind == "csv" else _rendered(report, f".{kind}")
    stem = re.sub(r"[^\w-]+", "-", report["model"]["checkpoint"] or "model").strip("-")
    return {"name": f"check-{stem}.{kind}", "type": EXPORTS[kind], "data": rpc.packed(content)}


def _rendered(report: dict, suffix: str) -> bytes:
    from ast_demo.check.render import render

    return render(report, suffix, datetime.date.today().isoformat())


def outcomes_csv(report: dict) -> bytes:
    """Write every outcome, one a line."""
    table = io.StringIO()
    names = ("sound", "key", "label", "before", "score", "rival", "rival_score", "kept")
    names += ("likeness", "note")
    writer = csv.DictWriter(table, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(report["outcomes"])
    return table.getvalue().encode()


def _sound(entry: KeptCheck, request: dict):
    number = rpc.whole(request, "sound")
    if not 0 <= number < len(entry.sounds):
        raise ValueError(f"the sound is {number}, expected 0 to {len(entry.sounds) - 1}.")
    return entry.sounds[number]


def _perturbation(entry: KeptCheck, request: dict):
    key = request.get("key")
    if key in (None, ""):
        return None
    if not isinstance(key, str) or key not in entry.perturbations:
        raise ValueError(f"the perturbation is {key!r:.40}, expected one of the report's.")
    return entry.perturbations[key]


def _heard(entry: KeptCheck, request: dict) -> tuple[np.ndarray, str, str]:
    """Return a waveform, what there is to say about it, and its title."""
    from ast_demo.features.spectrogram import samples_for

    sound, perturbation = _sound(entry, request), _perturbation(entry, request)
    window = samples_for(entry.classifier.extractor.max_length)
    waveform = sound.waveform[:window]
    if perturbation is None:
        return waveform, "as it was", sound.name
    heard = perturbation.heard(waveform, window)
    return heard.waveform, heard.note, f"{sound.name}, {perturbation.key}"
