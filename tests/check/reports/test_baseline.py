"""What changed since an earlier report, and the block for a card."""

import json
import re

import pytest

from ast_demo.check.reports.baseline import card_block, changes_since, read_report
from ast_demo.check.reports.json_report import to_json
from ast_demo.check.run import CheckError


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


def test_a_bar_that_was_set_otherwise_is_told(report):
    bars = {**report["settings"]["bars"], "kept": 0.5}
    changes = changes_since(report, {**report, "settings": {**report["settings"], "bars": bars}})
    assert changes["bars"] == ["kept was 0.5 and is 0.9"]
    assert "the bar kept was 0.5 and is 0.9" in card_block({**report, "changes": changes})


def test_another_run_is_no_baseline(report):
    old = {**report, "settings": {**report["settings"], "seed": 9, "quick": False}}
    with pytest.raises(CheckError, match=r"\(quick False there, True here; seed 9 there, 0 here\)"):
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


def test_bars_and_backticks_in_names_stay_inside_their_cell_and_fence(report):
    verdicts = [{**verdict, "name": "a|b\nc"} for verdict in report["verdicts"]]
    block = card_block({**report, "verdicts": verdicts, "command": "check 'a```b'"})
    rows = [line for line in block.splitlines() if r"a\|b c" in line]
    assert rows
    assert all(len(re.split(r"(?<!\\)\|", row)) == 6 for row in rows)
    assert "\n````sh\ncheck 'a```b'\n````\n" in block
