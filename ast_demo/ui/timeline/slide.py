"""The window slides over a recording of this page, in turns with everybody else's work."""

from __future__ import annotations

from ast_demo.ui.services.services import Services
from ast_demo.values import refused

MAX_VALUES = 8_000_000  # scores of one timeline: 32 MB
VALUES_A_SECOND = 8 * 48_000  # decoded for each second of the longest recording: 7.1 surround. No
# real recording gets there; a crafted one (8 channels, 192 kHz) costs no more work than a real one
OWN_SECONDS = 30 * 86400.0  # of a recording on the page's own machine


def slide(services: Services, path: str | None, model: str | None, hop_seconds: float | None):
    """Yield (classifier, Step) for a sound file of this page, waiting for turns in the model.

    Raises:
        ValueError: if the path lies elsewhere, the file cannot be read or the hop is too short.
    """
    from ast_demo.timeline.sliding_window import timeline_steps

    file = services.sound_file(path)
    classifier = services.models.get(model)
    longest = most = longest_recording(services)
    if hop_seconds is not None and hop_seconds > 0:  # the rest is cut off, with a note
        most = min(most, MAX_VALUES / len(classifier.labels) * hop_seconds)
    steps = timeline_steps(
        classifier,
        file,
        hop_seconds=hop_seconds,
        max_seconds=most,
        max_values=round(longest * VALUES_A_SECOND),
    )
    try:
        with services.recording_place():
            while (step := services.run_model(next, steps, None)) is not None:
                yield classifier, step  # a batch of windows; others get their turns between
    finally:
        steps.close()


def check_threshold(threshold: float) -> None:
    """Refuse a score at which no event could begin, before the work is done.

    Raises:
        ValueError: if it is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise refused("threshold", threshold, "above 0 and at most 1")


def longest_recording(services: Services) -> float:
    """Return the seconds after which a recording is cut: those that the host has set, if any.

    Where he has set none, a page for its own machine alone follows recordings of any length.
    """
    limit = services.limits.timeline_seconds
    unset = limit == type(services.limits).__dataclass_fields__["timeline_seconds"].default
    return OWN_SECONDS if services.local and unset else float(limit)
