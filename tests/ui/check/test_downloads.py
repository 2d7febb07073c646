"""A report as a file."""

import base64

import pytest


@pytest.mark.parametrize("kind", ["html", "pdf", "json", "csv", "md"])
def test_the_report_comes_as_a_file(check, upload, kind):
    _, last, asked = check({"source": "sound", "path": str(upload)})
    answer = asked["check_export"]({"id": last["id"], "kind": kind})
    assert answer["name"].endswith(f".{kind}")
    assert len(base64.b64decode(answer["data"])) > 500
    assert "kind is 'exe'" in asked["check_export"]({"id": last["id"], "kind": "exe"})["error"]
