"""Make the report of a bundled model anew and put it into its card.

    python -m tests.measurements.check_reports everyday-sounds \\
        --data clips.csv clips2.csv --only instruments/ labelled2/ --clips 72 --heat 36

Measures clips of the validation split, spread over their labels; bends some of them and tests the
heat on others: on sounds that it was trained on, a model is firmer than it will be. Writes
assets/MODEL/check.html, which holds no sounds, and the block of README.md between the two marks.
`--json FILE` keeps the report, and `--from FILE` writes page and card from it without a run.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from ast_demo.check.check_run import CheckRun
from ast_demo.check.clips import ClipSet, choose_sounds, match_labels
from ast_demo.check.heat import heat_sentence
from ast_demo.check.reports.baseline import read_report
from ast_demo.check.reports.html_report import to_html
from ast_demo.check.reports.json_report import to_json
from ast_demo.check.reports.summary import four_numbers, summary_sentences
from ast_demo.check.request import CheckRequest, CheckSettings
from ast_demo.classifier import AudioClassifier
from ast_demo.cli.check import follow
from ast_demo.training.data.dataset import read_datasets
from ast_demo.training.recipe import load_recipe
from tests.measurements.in_the_wild import spread

ASSETS = Path(__file__).resolve().parents[2] / "assets"
BEGIN, END = "<!-- check -->", "<!-- /check -->"
BEFORE = "## How it came about"  # where the block goes when there is none yet


def main() -> None:
    """Check a bundled model and write its report and card."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="a folder of assets/")
    parser.add_argument("--data", nargs="+", default=[], help="as for `evaluate`")
    parser.add_argument("--only", nargs="+", default=[""], help="beginnings of file names")
    parser.add_argument("--clips", type=int, default=72, help="validation clips that are measured")
    parser.add_argument("--heat", type=int, default=36, help="of these, to test the heat on")
    parser.add_argument("--bend", type=int, default=20, help="of these, to bend")
    parser.add_argument("--quick", action="store_true", help="30 bends instead of 130")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the report there")
    parser.add_argument("--from", dest="kept", metavar="FILE", help="a report that was kept")
    options = parser.parse_args()
    report = retold(read_report(options.kept)) if options.kept else measure(options)
    if options.json:
        options.json.write_text(to_json(report), encoding="utf-8")
    folder = ASSETS / options.model
    page = to_html(report, datetime.date.today().isoformat())
    (folder / "check.html").write_text(page, encoding="utf-8")
    card = folder / "README.md"
    card.write_text(with_block(card.read_text(encoding="utf-8"), report), encoding="utf-8")
    print("\n".join(report["summary"]))


def retold(report: dict) -> dict:
    """Return a report that was kept with today's words for its numbers."""
    heat = report["heat"]
    if heat and heat["clips"]:
        report["heat"] = {**heat, "sentence": heat_sentence(heat["clips"], heat["beats"])}
    return {**report, "summary": summary_sentences(report), "numbers": four_numbers(report)}


def measure(options: argparse.Namespace) -> dict:
    """Check the model, with lines of progress."""
    classifier = AudioClassifier.load(options.model, device="cpu", dtype="float32")
    clips = held_out(options.model, options.data, options.only, options.clips, classifier.labels)
    request = CheckRequest(
        classifier,
        choose_sounds(clips.clips, options.bend),
        CheckSettings(quick=options.quick, heat_clips=options.heat),
        clips=clips,
        data_name=", ".join(Path(name).name for name in options.data),
        command=command(options),
    )
    run = CheckRun(request)
    follow(run)
    return run.report()


def held_out(
    model: str, data: Sequence[str], only: Sequence[str], count: int, labels: Sequence[str]
) -> ClipSet:
    """Choose clips of the validation split, spread over their labels and in their order.

    Args:
        model: a bundled model, whose recipe renames labels.
        data: data sets, as for `evaluate`.
        only: beginnings of the file names that are wanted.
        count: how many clips, at most.
        labels: of the model.
    """
    dataset = read_datasets(data).relabelled(load_recipe(model).relabel, ())
    wanted = tuple(only)
    clips = [
        clip
        for clip in dataset.split("validation")
        if clip.labels and set(clip.labels) <= set(labels) and clip.name.startswith(wanted)
    ]
    return match_labels(sorted(spread(clips, count), key=lambda clip: clip.labels), labels)


def command(options: argparse.Namespace) -> str:
    """Write the command that makes the report again, without folders of this machine."""
    words = ["python", "-m", "tests.measurements.check_reports", options.model, "--data"]
    words += [Path(name).name for name in options.data]
    if options.only != [""]:
        words += ["--only", *options.only]
    for name in ("clips", "heat", "bend"):
        words += [f"--{name}", str(getattr(options, name))]
    return shlex.join(words + ["--quick"] * options.quick)


def with_block(card: str, report: Mapping) -> str:
    """Return a card with the report's sentences and a link in place of those that it had."""
    digest = report["model"]["weights_sha256"][:16]
    asked = sum(verdict["passed"] is not None for verdict in report["verdicts"])
    block = (
        f"{BEGIN}\n## Check\n\n[check.html](check.html) is the report of weights SHA-256 "
        f"`{digest}`: {asked - report['missed']} of {asked} bars met.\n\n"
        + "".join(f"- {sentence}\n" for sentence in report["summary"])
        + f"\n```sh\n{report['command']}\n```\n{END}\n"
    )
    found = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}\n", re.DOTALL)
    if found.search(card):
        return found.sub(lambda _: block, card)
    return card.replace(BEFORE, f"{block}\n{BEFORE}", 1)


if __name__ == "__main__":
    main()
