"""What the tab shows while a check runs, and at the end its report."""

from __future__ import annotations

import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ast_demo.ui.check.home_command import home_command
from ast_demo.ui.check.kept_checks import KeptCheck
from ast_demo.ui.check.request import Asked, LimitError, read_request
from ast_demo.ui.services.cache import ExpiringCache
from ast_demo.ui.services.errors import user_message
from ast_demo.ui.services.services import Services
from ast_demo.ui.services.turns import BusyError, VisitorLeftError

if TYPE_CHECKING:  # torch: not before the first page
    from ast_demo.check.check_run import CheckRun, Progress

SHOW_SECONDS = 0.25  # between two views of the progress


def _never() -> bool:
    return False


def check_views(
    services: Services,
    kept: ExpiringCache,
    request: dict,
    model: str,
    opened: str | None,
    is_given_up: Callable[[], bool] = _never,
) -> Iterator[dict]:
    """Yield what the component shows while a check runs, and at the end its report.

    Args:
        request: "source", one of `SOURCES`; "path" and "title" of an upload; "quick", "heat",
            "against", "kept" (the bar), "room" (a path), "seed", and "job", a number that comes
            back with each view.
        model: name of the visitor's model.
        opened: path of the sound that is open in Explore.
        is_given_up: asked before each pass; the check ends once it says so.
    """
    job = request.get("job")
    views = _views(services, kept, request, model, opened, is_given_up)
    try:
        yield from (view | {"job": job if isinstance(job, int) else None} for view in views)
    finally:
        views.close()


def _views(services: Services, kept: ExpiringCache, request: dict, model: str, opened, is_given_up):
    stage = "Waiting for another check of your address to end"
    if services.has_check_place():
        loaded = services.models.is_loaded(model)
        stage = "Reading the sounds" if loaded else "Loading the model"
    yield {"status": "busy", "stage": stage, "fraction": None}
    try:
        with services.check_place():
            asked = read_request(services, request, model, opened)
            run, report = yield from check_steps(services, asked, is_given_up)
        key = secrets.token_urlsafe(16)
        kept.put(key, KeptCheck.of(run, report, asked))
        yield {"status": "ready", "id": key, "report": shown_report(report)}
    except Exception as error:
        if not isinstance(error, ValueError):
            traceback.print_exception(error)
        yield {"status": "error", "message": refusal(error, request, model)}


def carry_out(services: Services, request: dict, model: str, folder: Path) -> dict:
    """Do a check without a page and return its report.

    Args:
        request: as `check_views` takes it.
        model: name of the model.
        folder: to unpack a ZIP into.

    Raises:
        ValueError: as `read_request`; beside a limit stands the command that knows none.
    """
    try:
        with services.check_place():
            steps = check_steps(services, read_request(services, request, model, folder=folder))
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    return end.value[1]
    except ValueError as error:
        raise ValueError(refusal(error, request, model)) from error


def refusal(error: Exception, request: dict, model: str) -> str:
    """Say an error; beside a limit of the host stands the command that knows none."""
    sentence = user_message(error)
    if isinstance(error, (LimitError, BusyError)):
        return f"{sentence} At home: {home_command(request, model)}"
    return sentence


def check_steps(services: Services, asked: Asked, is_given_up: Callable[[], bool] = _never):
    """Yield the progress of a check in turns with everybody else; return the run and its report.

    It ends when its time is over: then what is done is reported.

    Raises:
        VisitorLeftError: if it is given up.
    """
    from ast_demo.check.check_run import CheckRun

    run = CheckRun(asked.check)
    in_time = yield from _work(services, run, is_given_up)
    report = run.report()
    if not in_time:
        most = services.limits.check_seconds
        report["not_tested"].insert(0, f"What did not fit into {most} s, the limit of this page.")
    return run, report


def _work(services: Services, run: CheckRun, is_given_up: Callable[[], bool]):
    """Do a check pass by pass; return whether it was done in time."""
    steps, started, shown = run.steps(), time.monotonic(), 0.0
    try:
        while (progress := services.run_model(next, steps, None)) is not None:
            if is_given_up():
                raise VisitorLeftError
            now = time.monotonic()
            if now - started > services.limits.check_seconds:
                return False
            if now - shown > SHOW_SECONDS:
                shown = now
                yield progress_view(progress, now - started)
        return True
    finally:
        steps.close()


def progress_view(progress: Progress, elapsed: float) -> dict:
    """Return how far a check is, and the seconds that it still needs."""
    share = progress.done / progress.total
    return {
        "status": "busy",
        "stage": progress.stage.capitalize(),
        "fraction": share,
        "left": elapsed * (1 - share) / max(share, 0.01),
    }


def shown_report(report: dict) -> dict:
    """Return what the page needs of a report: all but the single outcomes."""
    return {key: value for key, value in report.items() if key != "outcomes"}
