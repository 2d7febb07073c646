"""One report: the same for the same seed, told in JSON, HTML and PDF, with nothing hidden."""

import itertools
import json
import re
import zipfile

import numpy as np
import pytest
import soundfile

from ast_demo.__main__ import main
from ast_demo.check.bars import Bars
from ast_demo.check.check_run import CheckRun, run_check
from ast_demo.check.clips import match_labels, open_clips
from ast_demo.check.reports.baseline import card_block, changes_since, read_report
from ast_demo.check.reports.html_report import to_html
from ast_demo.check.reports.json_report import to_json
from ast_demo.check.reports.pdf_report import to_pdf
from ast_demo.check.request import CheckRequest, CheckSettings
from ast_demo.check.run import CheckError, Sound
from ast_demo.check.verdicts import exit_code
from tests.helpers.listening_model import LABELS, LISTENER, sound

EVIL = "<script>alert(1)</script>.wav"


@pytest.fixture(scope="module")
def sounds():
    rng = np.random.default_rng(5)
    noise = 0.002 * rng.normal(size=20720)
    waveforms = [(sound(label, 1.295, rng) + noise).astype(np.float32) for label in LABELS]
    names = ("low tone.wav", EVIL, "hiss.wav")
    return [Sound(*each) for each in zip(names, waveforms, (LABELS[0], None, LABELS[2]))]


@pytest.fixture(scope="module")
def clips(tmp_path_factory, classifier):
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(1)
    for label in LABELS:
        (folder / label).mkdir()
        for number in range(2):
            soundfile.write(folder / label / f"{number}.wav", sound(label, 1.295, rng), 16000)
    return match_labels(open_clips(folder, folder), classifier.labels)


@pytest.fixture(scope="module")
def report(classifier, sounds, clips):
    settings = CheckSettings(quick=True, heat_clips=1)
    request = CheckRequest(classifier, sounds, settings, classifier, clips, "clips", command="x y")
    return run_check(request)


def test_the_same_seed_gives_the_same_json(classifier, sounds):
    def written(seed):
        settings = CheckSettings(
            quick=True, only=("noise", "reverberation"), seed=seed, heat_clips=1
        )
        return to_json(run_check(CheckRequest(classifier, sounds[:1], settings)))

    assert written(7) == written(7)
    assert written(7) != written(8)


def test_the_report_names_model_settings_bars_and_what_was_not_tested(report):
    assert len(report["model"]["weights_sha256"]) == 64
    assert report["settings"]["bars"]["kept"] == 0.9
    assert report["settings"]["sounds"] == ["low tone.wav", EVIL, "hiss.wav"]
    assert any("quick check" in line for line in report["not_tested"])
    assert report["comparison"]["agree"] == 6  # on the labelled clips
    assert report["clips"]["clips"] == 6
    assert report["heat"]["clips"] == 1


def test_the_json_is_plain_and_comes_back_the_same(report):
    assert json.loads(to_json(report)) == report


def test_html_stands_alone_without_script_and_shows_names_as_text(report):
    page = to_html(report, "2026-01-01")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.wav" in page
    assert not re.search(r'(src|href)="(?!#)', page)
    assert "2026-01-01" in page


def test_no_two_things_on_the_page_share_an_id(report):
    ids = re.findall(r'\bid="([^"]+)"', to_html(report))
    assert len(set(ids)) == len(ids)


def test_every_drawing_says_what_it_shows(report):
    page = to_html(report)
    assert page.count("<svg") == page.count('role="img" aria-label="')
    assert page.count("<svg") >= 4


def test_pdf_has_a_first_page_to_hand_on_and_further_ones(report):
    content = to_pdf(report, "2026-01-01")
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page ") + content.count(b"/Type /Page\n") >= 3


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


# Baseline and card


def test_nothing_changed_since_the_same_report(report):
    changes = changes_since(report, report)
    assert (changes["verdicts"], changes["series"], changes["worse"]) == ([], [], 0)


def test_a_verdict_that_turned_and_a_curve_that_moved_are_told(report):
    old = json.loads(to_json(report))
    turned = next(v for v in old["verdicts"] if v["passed"])
    turned["passed"] = False
    old["series"][3]["points"][0]["score"] -= 0.5
    changes = changes_since(report, old)
    assert [v["name"] for v in changes["verdicts"]] == [turned["name"]]
    assert changes["series"][0]["greatest_change"] == pytest.approx(0.5, abs=1e-3)


def test_another_run_is_no_baseline(report):
    old = {**report, "settings": {**report["settings"], "seed": 9, "quick": False}}
    with pytest.raises(CheckError, match=r"other settings \(quick, seed\)"):
        changes_since(report, old)


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"verdicts": [], "series": []}'])
def test_what_is_no_report_is_refused_as_a_baseline(tmp_path, content):
    file = tmp_path / "old.json"
    file.write_text(content)
    with pytest.raises(CheckError, match=r"old\.json"):
        read_report(file)


def test_the_block_for_a_card_holds_digest_verdicts_and_command(report):
    block = card_block({**report, "changes": changes_since(report, report)})
    assert report["model"]["weights_sha256"][:16] in block
    assert "no breaking point moved" in block
    assert "x y" in block


# The command


@pytest.fixture(scope="module")
def file(tmp_path_factory, sounds):
    file = tmp_path_factory.mktemp("sounds") / "low tone.wav"
    soundfile.write(file, sounds[0].waveform, 16000, subtype="FLOAT")
    return file


def test_the_command_gives_the_numbers_of_python(classifier, sounds, file, tmp_path, capsys):
    out = tmp_path / "r.json"
    only = ["--only", "noise,polarity", "--heat", "0", "--device", "cpu"]
    code = main(["check", str(LISTENER), "--sounds", str(file), *only, "-o", str(out)])
    settings = CheckSettings(only=("noise", "polarity"), heat_clips=0)
    named = Sound("low tone.wav", sounds[0].waveform, LABELS[0])
    expected = run_check(CheckRequest(classifier, [named], settings))
    found = json.loads(out.read_text())
    assert found["outcomes"] == expected["outcomes"]
    assert found["verdicts"] == expected["verdicts"]
    assert code == exit_code(expected)
    assert "bars met" in capsys.readouterr().out


def test_the_command_makes_the_same_report_again(file, tmp_path, capsys):
    first = tmp_path / "a.json"
    given = ["check", str(LISTENER), "--sounds", str(file), "--only", "level", "--heat", "0"]
    main([*given, "-o", str(first)])
    command = json.loads(first.read_text())["command"]
    assert command.startswith(f"python -m ast_demo check {LISTENER}")
    assert "'" in command  # the name with a space is quoted


def test_the_command_takes_a_zip_a_second_dtype_and_a_baseline(file, tmp_path, clips, capsys):
    archive = tmp_path / "clips.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for clip in clips.clips:
            packed.write(clip.file, clip.name)
    common = ["check", str(LISTENER), "--sounds", str(file), "--quick", "--only", "polarity"]
    common += ["--data", str(archive), "--against-dtype", "bfloat16", "--device", "cpu"]
    first, second = tmp_path / "a.json", tmp_path / "b"
    main([*common, "-o", str(first)])
    outputs = [word for end in (".html", ".pdf", ".md") for word in ("-o", f"{second}{end}")]
    main([*common, "--baseline", str(first), *outputs])
    assert "no breaking point moved" in (tmp_path / "b.md").read_text()
    assert json.loads(first.read_text())["against"]["dtype"] == "bfloat16"
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (["-o", "report.docx"], "expected .html, .pdf, .json, .md"),
        (["--bar", "trust=1"], "expected one of kept"),
        (["--only", "fog"], "no perturbation 'fog'"),
        (["--jobs", "0"], "expected at least 1"),
        (["--against-norm", "loud"], "expected MEAN,STD"),
        (["--data", "nowhere"], "there is no nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_two(file, extra, words, capsys):
    assert main(["check", str(LISTENER), "--sounds", str(file), "--quick", *extra]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
