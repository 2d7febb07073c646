"""What happens between a sound and its picture, step by step, as the page is told.

Each generator yields what the explorer shows and what sound that is. While it works, and when it
fails, the picture before stays: the explorer sees to that, and tells the error above it. Of several
that work for one page only the newest is shown.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from ast_demo.ui.explore import component
from ast_demo.ui.explore.recompute import source_facts
from ast_demo.ui.explore.wishes import Shown, Wish, Wishes
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.services import Services
from ast_demo.ui.sound.file_input import told_file

NOTHING = ""  # instead of a sound, once a visitor has taken it away
RECORDING_TITLE = "Recording"
LOADING = "Loading the model (first time only)"


def explain_steps(services: Services, wishes: Wishes, shown: Shown, model: str) -> Iterator[tuple]:
    """Explain a sound, telling the stages; yields what the explorer shows, and the sound."""
    with wishes.begin(shown) as wish:
        stage = "Listening" if services.models.is_loaded(model) else LOADING
        yield component.busy(stage), gr.skip()
        views = _answer(services, wish, model)
        # Gradio tells the last step twice: after a newer picture that must not be "busy".
        yield views if wish.is_newest else (gr.skip(), gr.skip())


def _answer(services: Services, wish: Wish, model: str) -> tuple:
    shown = wish.sound
    try:
        with wish.waiting():
            payload, explanation = explained(
                services, shown.path, model, shown.title, shown.note, shown.start
            )
    except Exception as error:
        if not isinstance(error, ValueError):
            traceback.print_exception(error)  # for the host; ValueErrors are for the visitor
        return component.failed(user_message(error)), gr.skip()
    if wish.is_newest:
        services.kept.put(payload["id"], explanation)
    return payload, shown


def explained(
    services: Services,
    path: str,
    model: str,
    title: str | None = None,
    note: str | None = None,
    start: float = 0.0,
) -> tuple[dict, object]:
    """Return a sound's payload and its explanation.

    Args:
        path: an upload or an example.
        title: what the page calls the sound; by default its example's name.
        note: what was done to the sound before it came here.
        start: seconds into the sound where the window begins.
    """
    from ast_demo.ui.explore.payload import build_payload, waveform_facts

    title = title or example_title(Path(path))
    with services.place():
        sound, decode_ms = services.read(path)
        classifier, explanation, start = services.explain_sound(sound, model, start)
    explanation.timings = {"decode": decode_ms, **explanation.timings}
    if note:
        explanation.notes = (note, *explanation.notes)
    payload = build_payload(explanation, title, file=file_in_python(services, path, title))
    payload["source"] = source_facts(services, path, start)
    payload["waveform"] = waveform_facts(sound.waveform, sound.sampling_rate, start)
    payload["window_length"] = classifier.window_seconds
    return payload, explanation


def example_title(clip: Path) -> str:
    """Name an example clip after its file: "door-knock.wav" is "Door knock"."""
    return clip.stem.replace("-", " ").replace("_", " ").capitalize()


def file_in_python(services: Services, path: str, title: str) -> str:
    """Tell what `load_audio` needs to read the sound again where the visitor is."""
    for clip in services.example_clips():
        if clip.name == Path(path).name and title == example_title(clip):
            return f"assets/examples/{clip.name}"
    return "recording.wav" if title == RECORDING_TITLE else title


def example_steps(services: Services, wishes: Wishes, clip: Path, model: str) -> Iterator[tuple]:
    """Explain an example clip."""
    yield from explain_steps(services, wishes, Shown(str(clip), example_title(clip)), model)


def told_steps(
    services: Services, wishes: Wishes, model: str, event: gr.EventData
) -> Iterator[tuple]:
    """Explain the sound that an event tells: a file, a recording, or a part of a long one."""
    try:
        shown = told_sound(services, event)
    except ValueError as error:
        yield component.failed(user_message(error)), gr.skip()
        return
    yield from explain_steps(services, wishes, shown, model)


def told_sound(services: Services, event: gr.EventData) -> Shown:
    """Read an event that tells {"path", "title", "note", "start"}, or an {"example"} for the path.

    Raises:
        ValueError: if the upload did not succeed, or the example does not exist.
    """
    data = event._data if isinstance(event._data, dict) else {}
    start = data.get("start")
    start = float(start) if isinstance(start, (int, float)) and start > 0 else 0.0
    if "example" in data:
        clips = {clip.name: clip for clip in services.example_clips()}
        clip = clips.get(str(data["example"]))
        if clip is None:
            raise ValueError(
                f"there is no example {str(data['example'])!r:.60}: choose another one."
            )
        return Shown(str(clip), example_title(clip), start=start)
    file = told_file(event)
    return Shown(file.path, file.title or Path(file.path).name, file.note, start)


def open_steps(
    services: Services, wishes: Wishes, model: str, event: gr.EventData
) -> Iterator[tuple]:
    """Turn to this tab and explain the file that another tab's event tells; yields tabs first."""
    tabs = gr.Tabs(selected="explore")
    for views in told_steps(services, wishes, model, event):
        yield tabs, *views
        tabs = gr.skip()


def again_steps(
    services: Services,
    wishes: Wishes,
    state: Shown | str | None,
    model: str,
    opening: Path | None,
) -> Iterator[tuple]:
    """Explain the sound in the picture, or on its way there, with the model just chosen."""
    shown = wishes.sound() or sound_in_picture(state, opening)
    if shown is None:
        yield gr.skip(), gr.skip()
    else:
        yield from explain_steps(services, wishes, shown, model)


def sound_in_picture(state: Shown | str | None, opening: Path | None) -> Shown | None:
    """Return the sound that a visitor sees, if there is one.

    Args:
        state: of the page: a sound, `NOTHING` once it was taken away, None before the first one.
        opening: the example that the page opens with.
    """
    if isinstance(state, Shown):
        return state
    if state == NOTHING or opening is None:
        return None
    return Shown(str(opening), example_title(opening))


def sound_path(state: Shown | str | None, opening: Path | None) -> str | None:
    """Return where the sound lies that a visitor sees; None without one."""
    shown = sound_in_picture(state, opening)
    return None if shown is None else shown.path
