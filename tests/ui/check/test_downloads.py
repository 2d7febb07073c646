"""A report as a file."""

import base64
import csv
import io

import pytest

from ast_demo.tables import BYTE_ORDER_MARK
from ast_demo.ui.check.downloads import outcomes_csv


@pytest.mark.parametrize("kind", ["html", "pdf", "json", "csv", "md"])
def test_the_report_comes_as_a_file(check, upload, kind):
    _, last, asked = check({"source": "sound", "path": str(upload)})
    answer = asked["check_export"]({"id": last["id"], "kind": kind})
    assert answer["name"].endswith(f".{kind}")
    assert len(base64.b64decode(answer["data"])) > 500
    assert "kind is 'exe'" in asked["check_export"]({"id": last["id"], "kind": "exe"})["error"]


def test_a_table_holds_no_formula_and_says_its_encoding():
    outcome = {"sound": "=cmd|' /C calc'!A1", "key": "+6 dB", "label": "@Hüpfen", "before": 0.5}
    outcome |= {"score": -0.25, "rival": "-", "rival_score": 0.1, "kept": True, "extra": "left out"}
    content = outcomes_csv({"outcomes": [{**outcome, "likeness": None, "note": "a,b"}]})
    assert content.decode().startswith(BYTE_ORDER_MARK)
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row == {
        "sound": "'=cmd|' /C calc'!A1",
        "key": "'+6 dB",
        "label": "'@Hüpfen",
        "before": "0.5",
        "score": "-0.25",
        "rival": "-",
        "rival_score": "0.1",
        "kept": "True",
        "likeness": "",
        "note": "a,b",
    }
