"""Whether the heat is honest, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ast_demo.check.reports import charts
from ast_demo.check.reports.html_table import table, text


def heat_section(report: Mapping) -> str:
    """Write the test of the heat; nothing where there was none."""
    heat = report["heat"]
    if not heat:
        return ""
    parts = [f"<section><h2>Is the heat honest?</h2><p>{text(heat['sentence'])}</p>"]
    if heat["clips"]:
        rows = [
            (r["order"], r["filling"], _interval(r["deletion"]), _interval(r["insertion"]))
            for r in heat["areas"]
        ]
        beats = [
            (
                order,
                str(row["random"]),
                str(row["loudest cells"]),
                str(row["random and loudest cells"]),
                str(row["random weights"]),
            )
            for order, row in heat["beats"].items()
        ]
        correlation = heat["randomized_correlation"]
        drawing = charts.svg(charts.heat_figure(heat), "heat", text(heat["sentence"]))
        parts += [
            "<p class=soft>The hottest cells are removed first (deletion: an honest map falls "
            "fast) or put back first (insertion: it rises fast). Areas are shares of the "
            "starting score.</p>",
            f"<div class=scroll>{drawing}</div>",
            table(
                ("order", "filled with", "deletion (lower)", "insertion (higher)"),
                rows,
                "mean areas with 95 % bootstrap intervals",
            ),
            table(
                ("map", "random", "loudest", "both", "random weights"),
                beats,
                f"clips of {heat['clips']} on which the map beats",
            ),
            f"<p class=soft>Relevance of trained and of random weights: rank correlation "
            f"{correlation:.2f}. Near 1 the map would show the sound and not the model; such tests "
            "are disputed, since a map may be right and still follow loudness.</p>",
        ]
    return "".join(parts) + "</section>"


def _interval(values: Sequence[float]) -> str:
    return f"{values[0]:.2f} ({values[1]:.2f} to {values[2]:.2f})"
