"""A report on A4: the first page can be handed on by itself, the others hold every number."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ast_demo.check.perturbations.perturbation import KINDS
from ast_demo.check.reports import charts
from ast_demo.check.reports.words import MARKS, facts_line, model_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_pdf import PdfPages

WIDTH, HEIGHT = 8.27, 11.69  # inches, A4
LEFT, RIGHT, TOP, BOTTOM = 0.08, 0.94, 0.955, 0.04  # shares of the page
CHARACTER = 0.0076  # mean width of a letter at 8 points, as a share of the page
INK, MUTED, BAD = charts.PAPER.ink, charts.PAPER.muted, "#b3261e"
CURVES_A_PAGE = 28  # in 4 columns: all of a full check
NOT_TESTED_SHOWN = 7


class _Page:
    """One page that is filled from the top."""

    def __init__(self):
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(WIDTH, HEIGHT))
        self.y = TOP

    def text(self, words: str, size: float = 8, color: str = INK, weight: str = "normal") -> None:
        """Add a paragraph, broken into lines."""
        columns = int((RIGHT - LEFT) / (CHARACTER * size / 8))
        for line in textwrap.wrap(words, columns, break_long_words=True) or [""]:
            self.line(LEFT, self.y, line, fontsize=size, color=color, weight=weight)
            self.y -= 1.45 * size / 72 / HEIGHT

    def line(self, left: float, top: float, words: str, **style) -> None:
        """Write at a place; a dollar sign, as a label may have, begins no formula."""
        self.figure.text(left, top, words, va="top", parse_math=False, **style)

    def space(self, points: float = 6) -> None:
        """Leave some room."""
        self.y -= points / 72 / HEIGHT

    def heading(self, words: str) -> None:
        """Add a heading."""
        self.space(7)
        self.text(words, 11, weight="bold")
        self.space(2)

    def row(
        self, cells: Sequence[str], lefts: Sequence[float], color: str = INK, size: float = 7
    ) -> None:
        """Add one line of a table; a cell that is too long is cut short."""
        stops = [*lefts[1:], RIGHT]
        for cell, left, stop in zip(cells, lefts, stops):
            most = max(4, int((stop - left) / (CHARACTER * size / 8)) - 1)
            words = cell if len(cell) <= most else f"{cell[: most - 1]}…"
            self.line(left, self.y, words, fontsize=size, color=color)
        self.y -= 1.5 * size / 72 / HEIGHT

    def axes(self, left: float, width: float, height: float) -> Axes:
        """Make room for a drawing that begins at the present height."""
        return self.figure.add_axes((left, self.y - height, width, height))

    @property
    def is_full(self) -> bool:
        """Tell whether there is no room for another line."""
        return self.y < BOTTOM + 0.02


def to_pdf(report: Mapping, made: str = "") -> bytes:
    """Write a report as a PDF of a few pages.

    Args:
        report: as `CheckRun.report` returns it.
        made: when it was made.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    file = io.BytesIO()
    name = report["model"]["checkpoint"] or "a model in memory"
    facts = {"Title": f"Check of {name}", "CreationDate": None, "Producer": report["package"]}
    with PdfPages(file, metadata=facts) as pdf:
        _first_page(pdf, report, name, made)
        _verdict_pages(pdf, report)
        _curve_pages(pdf, report)
        _drawing_pages(pdf, report)
    return file.getvalue()


def _first_page(pdf: PdfPages, report: Mapping, name: str, made: str) -> None:
    page = _Page()
    missed = [v for v in report["verdicts"] if v["passed"] is False]
    total = sum(v["passed"] is not None for v in report["verdicts"])
    words = f"{len(missed)} of {total} bars missed" if missed else f"all {total} bars met"
    page.text(f"Check of {name}: {words}", 16, weight="bold")
    page.space(3)
    for sentence in report["summary"]:
        page.text(sentence, 9.5)
    page.space(3)
    page.text(facts_line(report, made), 7, MUTED)
    if report["against"]:
        page.text(f"B: {model_line(report['against'])}", 7, MUTED)
    _numbers(page, report)
    _two_plots(page, report)
    if missed:
        page.heading("Bars that were missed")
        for verdict in missed[:8]:
            cells = (verdict["name"], verdict["measured"], verdict["bar"])
            page.row(cells, (LEFT, 0.3, 0.78), BAD)
        if len(missed) > 8:
            page.text(f"and {len(missed) - 8} more", 7.5, BAD)
    if report["worst"]:
        page.heading("Where it does worst")
        for row in report["worst"]:
            page.row((row["name"], row["words"]), (LEFT, 0.46))
    page.heading("What was not tested")
    for line in report["not_tested"][:NOT_TESTED_SHOWN]:
        page.text(f"· {line}", 7.5)
    if report["command"]:
        page.space(4)
        page.text(report["command"], 7, MUTED)
    pdf.savefig(page.figure)


def _numbers(page: _Page, report: Mapping) -> None:
    page.space(10)
    numbers = report["numbers"]
    for column, number in enumerate(numbers):
        left = LEFT + column * (RIGHT - LEFT) / max(1, len(numbers))
        page.line(left, page.y, number["value"], fontsize=15, weight="bold")
        lines = textwrap.wrap(number["words"], 30)
        text = "\n".join(lines)
        page.line(left, page.y - 0.022, text, fontsize=7, color=MUTED)
    page.y -= 0.075


def _two_plots(page: _Page, report: Mapping) -> None:
    """Draw white noise or the first curve, and beside it reliability, heat or another curve."""
    curves = [one for one in report["series"] if len(one["points"]) > 1]
    curves.sort(key=lambda one: one["series"] != "white noise")
    height, kept = 0.15, report["settings"]["bars"]["kept"]
    drawn = 0
    if curves:
        charts.draw_curve(page.axes(LEFT + 0.03, 0.36, height), curves[0], kept, charts.PAPER)
        drawn = 1
    left = LEFT + 0.03 + 0.46 * drawn
    if report["clips"]:
        axes = page.axes(left, 0.36, height)
        charts.draw_reliability(axes, report["clips"]["reliability"], charts.PAPER)
        drawn += 1
    elif report["heat"] and report["heat"]["clips"]:
        axes = page.axes(left, 0.36, height)
        charts.draw_heat(axes, report["heat"], "insertion", charts.PAPER)
        axes.legend(fontsize=6, frameon=False)
        drawn += 1
    elif len(curves) > 1:
        flips = next((one for one in curves[1:] if one["flips_at"]), curves[1])
        charts.draw_curve(page.axes(left, 0.36, height), flips, kept, charts.PAPER)
        drawn += 1
    if drawn:
        page.y -= height + 0.035
        words = "Thick: the label that was best before; dashed: its strongest rival; hollow: flips."
        page.text(words, 7, MUTED)


def _verdict_pages(pdf: PdfPages, report: Mapping) -> None:
    lefts = (LEFT, 0.185, 0.375, 0.72, 0.885)
    rows = sorted(report["verdicts"], key=lambda v: KINDS.index(v["kind"]))
    page = None
    for verdict in rows:
        if page is None or page.is_full:
            if page is not None:
                pdf.savefig(page.figure)
            page = _Page()
            page.heading("Verdicts")
            page.row(("kind", "what", "measured", "bar", ""), lefts, MUTED)
        cells = (
            *(verdict[k] for k in ("kind", "name", "measured", "bar")),
            MARKS[verdict["passed"]],
        )
        page.row(cells, lefts, BAD if verdict["passed"] is False else INK, 6.5)
    if page is not None:
        pdf.savefig(page.figure)


def _curve_pages(pdf: PdfPages, report: Mapping) -> None:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    curves = [one for one in report["series"] if len(one["points"]) > 1]
    kept = report["settings"]["bars"]["kept"]
    for first in range(0, len(curves), CURVES_A_PAGE):
        inside = ConstrainedLayoutEngine(rect=(LEFT, BOTTOM, RIGHT - LEFT, TOP - BOTTOM))
        figure = Figure(figsize=(WIDTH, HEIGHT), layout=inside)
        figure.suptitle("Bend it: score over strength", fontsize=11, x=LEFT, y=0.98, ha="left")
        grid = figure.subplots(CURVES_A_PAGE // 4, 4)
        for axes in grid.ravel():
            axes.set_visible(False)
        for axes, one in zip(grid.ravel(), curves[first : first + CURVES_A_PAGE]):
            axes.set_visible(True)
            charts.draw_curve(axes, one, kept, charts.PAPER)
        pdf.savefig(figure)


def _drawing_pages(pdf: PdfPages, report: Mapping) -> None:
    """Draw A against B and the heat on one page, the confusion matrix on another."""
    clips, heat, comparison = report["clips"], report["heat"], report["comparison"]
    has_heat = bool(heat and heat["clips"])
    if comparison or has_heat:
        page = _Page()
        if comparison:
            _scatter(page, comparison)
        if has_heat:
            _heat(page, heat)
        pdf.savefig(page.figure)
    if clips:
        page = _Page()
        page.heading("What is called what")
        page.text("True labels down, called across; shades are shares of a row.", 7.5, MUTED)
        page.space(8)
        side = 0.62  # of the page's width, so that the names of labels find room beside it
        axes = page.axes(LEFT + 0.2, side, side * WIDTH / HEIGHT)
        confusion = clips["confusion"]
        charts.draw_confusion(axes, confusion["labels"], confusion["counts"], charts.PAPER)
        pdf.savefig(page.figure)


def _scatter(page: _Page, comparison: Mapping) -> None:
    page.heading("A against B")
    page.text(comparison["sentence"])
    page.space(8)
    width = 0.45
    height = width * WIDTH / HEIGHT
    charts.draw_scatter(page.axes(LEFT + 0.05, width, height), comparison["rows"], charts.PAPER)
    page.y -= height + 0.04
    words = "One point a sound: its known label, or else A's best. Hollow: best labels differ."
    page.text(words, 7, MUTED)


def _heat(page: _Page, heat: Mapping) -> None:
    page.heading("Is the heat honest?")
    page.text(heat["sentence"])
    page.space(14)
    height = 0.2
    for number, way in enumerate(("deletion", "insertion")):
        axes = page.axes(LEFT + 0.05 + 0.44 * number, 0.36, height)
        charts.draw_heat(axes, heat, way, charts.PAPER)
    axes.legend(fontsize=6, frameon=False)
    page.y -= height + 0.04
    words = (
        "Hottest cells removed first (deletion: an honest map falls fast) or put back first "
        "(insertion: it rises fast), as shares of the starting score."
    )
    page.text(words, 7, MUTED)
