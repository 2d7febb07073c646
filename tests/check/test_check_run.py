"""One check from the first sound to the report: the same for the same seed."""

import itertools

from ast_demo.check.bars import Bars
from ast_demo.check.check_run import CheckRun, run_check
from ast_demo.check.reports.json_report import to_json
from ast_demo.check.request import CheckRequest, CheckSettings
from ast_demo.check.verdicts import exit_code


def test_the_same_seed_gives_the_same_json(classifier, sounds):
    def written(seed):
        settings = CheckSettings(
            quick=True, only=("noise", "reverberation"), seed=seed, heat_clips=1
        )
        return to_json(run_check(CheckRequest(classifier, sounds[:1], settings)))

    assert written(7) == written(7)
    assert written(7) != written(8)


def test_the_report_names_model_settings_bars_and_what_was_not_tested(report, sounds):
    assert len(report["model"]["weights_sha256"]) == 64
    assert report["settings"]["bars"]["kept"] == 0.9
    assert report["settings"]["sounds"] == [sound.name for sound in sounds]
    assert any("quick check" in line for line in report["not_tested"])
    assert report["comparison"]["agree"] == 6  # on the labelled clips
    assert report["clips"]["clips"] == 6
    assert report["heat"]["clips"] == 1


def test_a_check_that_is_given_up_still_reports_what_is_done(classifier, sounds):
    run = CheckRun(CheckRequest(classifier, sounds, CheckSettings(quick=True)))
    for progress in run.steps():
        if progress.done > 10:
            break
    report = run.report()
    assert "Not finished: perturbed sounds." in report["not_tested"]
    assert report["series"]


def test_progress_never_passes_its_end_and_reaches_it(classifier, sounds, clips):
    settings = CheckSettings(quick=True, heat_clips=1)
    run = CheckRun(CheckRequest(classifier, sounds, settings, classifier, clips))
    steps = list(run.steps())
    assert all(a.done <= b.done <= b.total for a, b in itertools.pairwise(steps))
    assert run.done == run.total


def test_a_missed_bar_gives_exit_code_three(report):
    assert exit_code({**report, "missed": 0}) == 0
    assert exit_code({**report, "missed": 1}) == 3


def test_bars_on_clips_agreement_and_heat_become_verdicts(classifier, sounds, clips):
    settings = CheckSettings(
        only=("polarity",), heat_clips=0, bars=Bars(top1=0.99, agree=1.0), perturbed_clips=False
    )
    request = CheckRequest(classifier, sounds, settings, classifier, clips)
    verdicts = {v["name"]: v["passed"] for v in run_check(request)["verdicts"]}
    assert verdicts["A against B"] is True
    assert verdicts["labelled clips"] in (True, False)
