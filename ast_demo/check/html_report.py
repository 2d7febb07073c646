"""A report as one HTML file: no script, no other file, readable in print, by day and by night."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from ast_demo.check import charts
from ast_demo.check.perturbations import HOLD, KINDS

MARKS = {True: "met", False: "MISSED", None: "told"}
ROWS_SHOWN = 25  # of long tables
STYLE = """
:root { --paper: #fff; --ink: #1a1a1a; --muted: #5c5c5c; --line: #d9d9d9; --accent: #0b57b7;
  --bad: #b3261e; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e8e8e8; --muted: #a5a8ad;
  --line: #3a3d43; --accent: #7db4ff; --bad: #ff8a80; } }
@media print { :root { --paper: #fff; --ink: #000; --muted: #555; --line: #ccc; --accent: #0b57b7;
  --bad: #b3261e; } section { break-inside: avoid-page; } }
@page { size: A4; margin: 15mm; }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 960px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 8px; } h3 { font-size: 15px; margin: 24px 0 4px; }
p { margin: 8px 0; } .facts, caption, .soft { color: var(--muted); font-size: 13px; }
.facts { overflow-wrap: anywhere; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 16px;
  margin: 24px 0; } .numbers b { display: block; font-size: 26px; font-weight: 600; }
.numbers div { border-top: 2px solid var(--ink); padding-top: 8px; font-size: 13px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px; }
caption { text-align: left; padding: 4px 0; }
th, td { text-align: left; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: break-word; } th { font-weight: 600; }
.scroll table { min-width: 560px; } .verdicts tbody th { padding-top: 16px; }
.missed td:first-child { color: var(--bad); font-weight: 700; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 16px; }
figure { margin: 0; } figcaption { font-size: 12px; color: var(--muted); }
svg { width: 100%; height: auto; color: var(--ink); } .middle svg { max-width: 560px; }
.large svg { max-width: 760px; } details { margin: 8px 0; } summary { cursor: pointer; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { padding: 8px 16px; border-left: 3px solid var(--line); white-space: pre-wrap;
  overflow-wrap: anywhere; }
li { margin: 4px 0; }
"""


def to_html(report: Mapping, made: str = "") -> str:
    """Write a report as one HTML file.

    Args:
        report: as `CheckRun.report` returns it.
        made: when it was made; no part of the report itself, which is the same for the same seed.
    """
    name = report["model"]["checkpoint"] or "a model in memory"
    parts = [
        _head(report, name, made),
        _verdicts(report),
        _changes(report),
        _curves(report),
        _mistakes(report),
        _comparison(report),
        _clips(report),
        _heat(report),
        _sounds(report),
        _end(report),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>Check of {_text(name)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(report: Mapping, name: str, made: str) -> str:
    missed, total = report["missed"], sum(v["passed"] is not None for v in report["verdicts"])
    words = f"{missed} of {total} bars missed" if missed else f"all {total} bars met"
    numbers = "".join(
        f"<div><b>{_text(n['value'])}</b>{_text(n['words'])}</div>" for n in report["numbers"]
    )
    summary = " ".join(_text(sentence) for sentence in report["summary"])
    lines = [f"<p>{summary}</p>", f'<p class="facts">{_text(facts_line(report, made))}</p>']
    if report["against"]:
        lines.append(f'<p class="facts">B: {_text(model_line(report["against"]))}</p>')
    return (
        f"<header>\n<h1>Check of {_text(name)}: {words}</h1>\n"
        f'{"".join(lines)}\n<div class="numbers">{numbers}</div>\n</header>'
    )


def facts_line(report: Mapping, made: str = "") -> str:
    """Say in one line what was checked, when, with which seed and bars."""
    settings = report["settings"]
    bars = ", ".join(f"{k} {v:g}" for k, v in settings["bars"].items() if v is not None)
    sounds = len(settings["sounds"])
    parts = [
        made,
        model_line(report["model"]),
        f"{sounds} sound{'s' if sounds != 1 else ''}",
        f"data {settings['data']}" if settings["data"] else "",
        "quick" if settings["quick"] else "full",
        f"seed {settings['seed']}",
        f"bars set before the run: {bars}",
        report["package"],
    ]
    return " · ".join(part for part in parts if part)


def model_line(model: Mapping) -> str:
    """Name a model in one line so that nobody can mistake it."""
    digest = model["weights_sha256"]
    parts = [
        model["checkpoint"] or "in memory",
        f"revision {model['revision'][:12]}" if model["revision"] else "",
        f"weights SHA-256 {digest[:16]}" if digest else "",
        f"{model['labels']} labels, {model['rule']}, {model['dtype']}",
        f"mean {model['mean']:g}, std {model['std']:g}",
    ]
    return ", ".join(part for part in parts if part)


def _verdicts(report: Mapping) -> str:
    groups = []
    for kind in KINDS:
        rows = [verdict for verdict in report["verdicts"] if verdict["kind"] == kind]
        rows.sort(key=lambda verdict: verdict["passed"] is not False)
        if rows:
            body = "".join(map(_verdict_row, rows))
            groups.append(f"<tbody><tr><th scope=rowgroup colspan=4>{kind}</th></tr>{body}</tbody>")
    head = "".join(f"<th scope=col>{h}</th>" for h in ("result", "what", "measured", "bar"))
    return (
        "<section><h2>Verdicts</h2>\n<p class=soft>What must hold, what must not change, what "
        "should only fall, and mistakes of whoever feeds the model, made visible.</p>"
        f"<div class=scroll><table class=verdicts><thead><tr>{head}</tr></thead>{''.join(groups)}"
        "</table></div></section>"
    )


def _verdict_row(verdict: Mapping) -> str:
    cells = "".join(f"<td>{_text(verdict[key])}</td>" for key in ("name", "measured", "bar"))
    missed = " class=missed" if verdict["passed"] is False else ""
    return f"<tr{missed}><td>{MARKS[verdict['passed']]}</td>{cells}</tr>"


def _changes(report: Mapping) -> str:
    changes = report.get("changes")
    if not changes:
        return ""
    verdicts = [
        (v["name"], MARKS[v["before"]], MARKS[v["now"]], v["measured"]) for v in changes["verdicts"]
    ]
    series = [
        (
            row["series"],
            row["holds_to_before"] or "nothing",
            row["holds_to"] or "nothing",
            f"{row['greatest_change']:+.2f}",
        )
        for row in changes["series"]
    ]
    top1 = changes["top1"]
    words = f"<p>Top-1 was {top1[0]:.1%} and is {top1[1]:.1%}.</p>" if top1 else ""
    digest = (changes["baseline_sha256"] or "")[:16]
    return (
        f"<section><h2>What changed since {_text(changes['baseline'] or 'the baseline')} "
        f"{_text(digest)}</h2>{words}"
        + _table(("verdict", "was", "is", "measured"), verdicts, "verdicts that changed")
        + _table(("series", "held to", "holds to", "score"), series, "curves that moved")
        + "</section>"
    )


def _curves(report: Mapping) -> str:
    kept = report["settings"]["bars"]["kept"]
    series = [one for one in report["series"] if len(one["points"]) > 1]
    if not series:
        return ""
    figures = []
    for number, one in enumerate(series):
        drawing = charts.svg(charts.curve_figure(one, kept), f"c{number}", _text(one["sentence"]))
        rows = [
            (
                p["at"],
                p["kind"],
                f"{p['kept']}/{p['cases']}",
                f"{p['score']:.2f}",
                f"{p['rival']:.2f}",
                "" if p["likeness"] is None else f"{p['likeness']:.2f}",
                p["note"],
            )
            for p in one["points"]
        ]
        head = ("strength", "kind", "kept", "score", "rival", "maps", "note")
        figures.append(
            f"<figure>{drawing}<figcaption>{_text(one['sentence'])}"
            f"<details><summary>numbers</summary>{_table(head, rows)}</details>"
            "</figcaption></figure>"
        )
    return (
        "<section><h2>Bend it</h2><p class=soft>Thick: score of the label that was best before, "
        "with its range over sounds and seeds. Dashed: its strongest rival. Dotted: how alike the "
        "maps are (rank correlation of rollouts). Hollow: where the best label flips.</p>"
        f"<div class=grid>{''.join(figures)}</div></section>"
    )


def _mistakes(report: Mapping) -> str:
    single = [one for one in report["series"] if len(one["points"]) == 1]
    rows = [
        (
            one["series"],
            p["kind"],
            f"{p['kept']}/{p['cases']}",
            f"{p['before']:.2f}",
            f"{p['score']:.2f}",
            p["note"],
        )
        for one in single
        for p in one["points"]
        if p["kind"] != HOLD
    ]
    head = ("what", "kind", "kept", "score before", "after", "note")
    return f"<section><h2>Done once</h2>{_table(head, rows)}</section>" if rows else ""


def _comparison(report: Mapping) -> str:
    found = report["comparison"]
    if not found:
        return ""
    rows = [
        (
            r["sound"],
            f"{r['best_a']} {r['score_a']:.2f}",
            f"{r['best_b']} {r['score_b']:.2f}",
            f"{r['logit_difference']:.3g}",
            str(r["rank_changes"]),
            "" if r["likeness"] is None else f"{r['likeness']:.2f}",
        )
        for r in found["rows"][:ROWS_SHOWN]
    ]
    inputs = found["greatest_input_difference"]
    input_words = "windows differ" if inputs is None else f"{inputs:.3g} of a cell of the input"
    facts = (
        f"Greatest differences: {input_words}, {found['greatest_logit_difference']:.3g} of a "
        f"logit, {found['greatest_score_difference']:.3g} of a score. {found['shared_labels']} "
        "labels are shared."
    )
    only = "".join(
        f"<p class=soft>Only {side}: {_text(', '.join(found[key]))}.</p>"
        for side, key in (("A", "only_a"), ("B", "only_b"))
        if found[key]
    )
    head = ("sound", "A", "B", "logit", "rank changes", "maps")
    return (
        f"<section><h2>A against B</h2><p>{_text(found['sentence'])}</p><p class=soft>{facts}</p>"
        f"{only}{_table(head, rows, 'worst disagreements first')}</section>"
    )


def _clips(report: Mapping) -> str:
    clips = report["clips"]
    if not clips:
        return ""
    low, high = clips["top1_interval_95"]
    parts = [
        "<section><h2>Many clips</h2>",
        f"<p>{clips['clips']} clips of {clips['labels']} labels: top-1 {clips['top1']:.1%} "
        f"({low:.1%} to {high:.1%}), top-3 {clips['top3']:.1%}, mAP "
        f"{clips['mean_average_precision']:.3f}.</p>",
        _under(clips),
        _notices(clips),
        _worst(report),
        _score_to_ask(clips),
        "<div class=large>"
        + charts.svg(
            charts.confusion_figure(clips["confusion"]["labels"], clips["confusion"]["counts"]),
            "confusion",
            "Confusion matrix; the classes are in the table below",
        )
        + "</div><div class=middle>"
        + charts.svg(
            charts.reliability_figure(clips["reliability"]),
            "reliability",
            "Scores against how often they are right",
        )
        + "</div>",
        _classes(clips),
        "</section>",
    ]
    return "\n".join(parts)


def _under(clips: Mapping) -> str:
    rows = [
        (
            key,
            f"{row['right'] / clips['clips']:.1%}",
            f"{row['interval_95'][0]:.1%} to {row['interval_95'][1]:.1%}",
        )
        for key, row in clips["under"].items()
    ]
    return _table(("top-1 under", "share", "95 % interval"), rows) if rows else ""


def _notices(clips: Mapping) -> str:
    lines = []
    if clips["trained_on"]:
        lines.append(
            f"{len(clips['trained_on'])} clips are named in the model's credits: it may have been "
            f"trained on them ({', '.join(clips['trained_on'][:3])})."
        )
    for pair in clips["swapped"]:
        lines.append(f"{pair[0]} and {pair[1]} look swapped: most clips carry the other's name.")
    if clips["label_errors"]:
        lines.append(
            "The model is sure of another label, which may be a label error: "
            f"{', '.join(clips['label_errors'][:10])}."
        )
    for label, close in list(clips["unknown_labels"].items())[:ROWS_SHOWN]:
        hint = f"; closest: {', '.join(close)}" if close else ""
        lines.append(f"Left out, since the model does not know the label: {label}{hint}.")
    for row in clips["unreadable"][:ROWS_SHOWN]:
        lines.append(f"Not read: {row['clip']}: {row['reason']}")
    return "<ul>" + "".join(f"<li>{_text(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _worst(report: Mapping) -> str:
    rows = [(row["name"], row["words"]) for row in report["worst"]]
    return _table(("worst", "what is wrong"), rows) if rows else ""


def _score_to_ask(clips: Mapping) -> str:
    rows = [
        (
            row["label"] or "any label",
            "none reaches it" if row["score"] is None else f"{row['score']:.2f}",
            f"{row['right']} of {row['clips']}",
            f"{row['of']}",
        )
        for row in clips["score_to_ask"]
    ]
    words = "least score so that at least 90 % are right, by the lower end of a 95 % interval"
    return _table(("label", "score to ask for", "right above it", "clips"), rows, words)


def _classes(clips: Mapping) -> str:
    rows = [
        (
            c["label"],
            str(c["clips"]),
            f"{c['recall']:.0%}",
            f"{c['precision']:.0%}",
            f"{c['average_precision']:.3f}",
        )
        for c in clips["per_class"]
    ]
    head = ("label", "clips", "recall", "precision", "average precision")
    return f"<details><summary>every class</summary>{_table(head, rows)}</details>"


def _heat(report: Mapping) -> str:
    heat = report["heat"]
    if not heat:
        return ""
    parts = [f"<section><h2>Is the heat honest?</h2><p>{_text(heat['sentence'])}</p>"]
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
        drawing = charts.svg(charts.heat_figure(heat), "heat", _text(heat["sentence"]))
        parts += [
            "<p class=soft>The hottest cells are removed first (deletion: an honest map falls "
            "fast) or put back first (insertion: it rises fast). Areas are shares of the "
            "starting score.</p>",
            f"<div class=large>{drawing}</div>",
            _table(
                ("order", "filled with", "deletion (lower)", "insertion (higher)"),
                rows,
                "mean areas with 95 % bootstrap intervals",
            ),
            _table(
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


def _sounds(report: Mapping) -> str:
    rows = [
        (s["sound"], f"{s['best']} {s['score']:.2f}", f"{s['rival']} {s['rival_score']:.2f}")
        for s in report["sounds"]
    ]
    worst = "" if report["clips"] else _worst(report)
    table = _table(("sound", "best label", "next"), rows)
    return f"<section><h2>Sounds</h2>{worst}{table}</section>" if rows else ""


def _end(report: Mapping) -> str:
    lines = "".join(f"<li>{_text(line)}</li>" for line in report["not_tested"])
    command = ""
    if report["command"]:
        command = f"<h2>Make it again</h2><pre>{_text(report['command'])}</pre>"
    return f"<section><h2>What was not tested</h2><ul>{lines}</ul>{command}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    rows = list(rows)
    if not rows:
        return ""
    top = "".join(f"<th scope=col>{_text(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    words = f"<caption>{_text(caption)}</caption>" if caption else ""
    return (
        f"<div class=scroll><table>{words}<thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def _text(value) -> str:
    return html.escape(str(value), quote=True)
