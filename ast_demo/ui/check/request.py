"""What the page asks to be checked, read within the host's bounds."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.ui.check.home_command import HEAT_CLIPS, SAME_MODEL, home_command
from ast_demo.ui.services import rpc
from ast_demo.ui.services.limits import MEGABYTE
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.uploads import HeldFolder, own_file

if TYPE_CHECKING:  # torch: not before the first page
    from ast_demo.check.clips import ClipSet
    from ast_demo.check.request import CheckRequest
    from ast_demo.check.run import Sound
    from ast_demo.classifier import AudioClassifier
    from ast_demo.training.data.clips import Clip

SOURCES = ("explore", "examples", "sound", "zip")
TITLE_LENGTH = 200  # characters of a name from outside


class LimitError(ValueError):
    """A limit of the host was reached; the command that works at home belongs beside it."""


@dataclass(frozen=True)
class Asked:
    """A request that can be carried out, and the files of its labelled clips by their names."""

    check: CheckRequest
    clips: Mapping[str, Path]
    storage: HeldFolder | None = None  # of these files, which are deleted when nobody holds it


def read_request(
    services: Services,
    request: dict,
    model: str,
    opened: str | None = None,
    folder: Path | None = None,
) -> Asked:
    """Turn what the page asks into a request, within the host's bounds.

    Args:
        request: as `check_views` takes it.
        model: name of the visitor's model.
        opened: path of the sound that is open in Explore.
        folder: to unpack a ZIP into; by default one that is deleted with what is returned, and
            whose files expire as uploads do.

    Raises:
        ValueError: for a source, file, model or bar that cannot be used; a `LimitError` for what
            is only too much here.
    """
    from ast_demo.check.bars import Bars
    from ast_demo.check.clips import choose_sounds
    from ast_demo.check.request import CheckRequest, CheckSettings

    source = request.get("source")
    if source not in SOURCES:
        raise ValueError(f"the source is {source!r:.40}, expected one of {', '.join(SOURCES)}.")
    quick, heat = request.get("quick") is not False, request.get("heat") is True
    settings = CheckSettings(
        quick=quick,
        seed=round(rpc.number({"seed": 0, **request}, "seed", 0, 2**31)),
        bars=Bars(kept=rpc.number({"kept": 0.9, **request}, "kept", 0.0, 1.0)),
        heat_clips=HEAT_CLIPS if heat else 0,
        perturbed_clips=not quick,
    )
    classifier = services.models.get(model)
    against = _against(services, request.get("against"), classifier)
    room = request.get("room")
    room = None if room is None else services.read(str(room))[0].waveform
    clips, files, storage, left_out, data_name = None, {}, None, "", ""
    if source == "zip":  # last: nothing fails after it that would leave its clips behind
        data_name = _title(request, "clips.zip")
        home = home_command(request, model)
        storage = HeldFolder()
        place = folder or storage.path
        clips = _labelled(services, request.get("path"), home, classifier, place)
        storage.note_files()
        files = {clip.name: clip.file for clip in clips.clips}
        sounds = choose_sounds(clips.clips)
    else:
        named = _files(services, source, request, opened)
        sounds = _read(services, named[: services.limits.check_sounds], classifier)
        if len(named) > len(sounds):
            left_out = f"{len(named) - len(sounds)} of {len(named)} sounds: here at most "
            left_out += f"{services.limits.check_sounds} are bent at a time."
    check = CheckRequest(
        classifier,
        sounds,
        settings,
        against=against,
        clips=clips,
        data_name=data_name,
        room=room,
        command=home_command(
            {**request, "kept": settings.bars.kept, "seed": settings.seed},
            model,
            str(classifier.dtype).removeprefix("torch."),
            [sound.name for sound in sounds],
            settings.heat_clips,
        ),
        left_out=(left_out,) if left_out else (),
    )
    return Asked(check, files, storage)


def _files(
    services: Services, source: str, request: dict, opened: str | None
) -> list[tuple[str, str]]:
    """List path and name of the sounds that are asked for."""
    if source == "examples":
        return [(str(clip), clip.name) for clip in services.example_clips()]
    if source == "explore":
        if not opened:
            raise ValueError("there is no sound open in Explore: open one there, or choose here.")
        return [(opened, Path(opened).name)]
    path = request.get("path")
    if not isinstance(path, str):
        raise ValueError("the sound did not arrive: upload it again.")
    return [(path, _title(request, "sound"))]


def _read(
    services: Services, files: Sequence[tuple[str, str]], classifier: AudioClassifier
) -> list[Sound]:
    from ast_demo.check.run import Sound, known_label

    sounds, heard = [], 0.0
    for path, name in files:
        sound = services.read(path)[0]
        heard += min(sound.seconds, classifier.window_seconds)
        _bound_seconds(services, heard)
        sounds.append(Sound(name, sound.waveform, known_label(name, classifier.labels)))
    return sounds


def _labelled(
    services: Services, path, home: str, classifier: AudioClassifier, folder: Path
) -> ClipSet:
    """List the clips of an uploaded ZIP.

    Args:
        home: the command that checks it at home.
        folder: to unpack it into; deleted if it cannot be used.
    """
    from ast_demo.check.archive import ArchiveLimits
    from ast_demo.check.clips import match_labels, open_clips

    if not isinstance(path, str):
        raise ValueError("the ZIP did not arrive: upload it again.")
    file = own_file(path)
    if not file.is_file() or file.suffix.casefold() != ".zip":
        raise ValueError("the file is no ZIP: pack folders of sounds, one a class, into one.")
    limits = services.limits
    bounds = ArchiveLimits(
        packed_bytes=limits.zip_megabytes * MEGABYTE,
        members=limits.zip_members,
        unpacked_bytes=limits.zip_unpacked_megabytes * MEGABYTE,
        ratio=limits.zip_ratio,
        advice=f"check it at home: {home}",
    )
    try:
        found = match_labels(open_clips(file, folder, bounds), classifier.labels)
        most = limits.check_sound_seconds
        _bound_seconds(services, _heard_seconds(found.clips, classifier.window_seconds, most))
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return found


def _heard_seconds(clips: Iterable[Clip], window: float, most: float) -> float:
    """Add up what a model hears of clips, until it is too much.

    Clips that cannot be read count nothing.
    """
    from ast_demo.audio.limits import AudioError
    from ast_demo.audio.load import stated_length

    total = 0.0
    for clip in clips:
        with contextlib.suppress(AudioError):
            seconds = stated_length(clip.file)[1]
            total += window if seconds is None else min(seconds, window)
        if total > most:
            break
    return total


def _bound_seconds(services: Services, seconds: float) -> None:
    most = services.limits.check_sound_seconds
    if seconds > most:
        raise LimitError(f"the sounds last more than {most} s in all, which is the limit here.")


def _against(services: Services, name, classifier: AudioClassifier) -> AudioClassifier | None:
    """Return model B, if the page asks for one."""
    from ast_demo.check.compare import renormalized
    from ast_demo.check.perturbations.normalization import NORMALIZATIONS

    if name in (None, ""):
        return None
    if name in SAME_MODEL:
        place = list(SAME_MODEL).index(name)
        return renormalized(classifier, *list(NORMALIZATIONS.values())[place])
    if name not in services.models.names:
        offered = ", ".join((*services.models.names, *SAME_MODEL))
        raise LimitError(f"model B is {str(name)[:80]!r}, expected one of {offered}.")
    return services.models.get(name)


def _title(request: dict, otherwise: str) -> str:
    title = request.get("title")
    return title[:TITLE_LENGTH] if isinstance(title, str) and title else otherwise
