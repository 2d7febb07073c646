"""A report as JSON."""

import json

from ast_demo.check.reports.json_report import to_json


def test_the_json_is_plain_and_comes_back_the_same(report):
    assert json.loads(to_json(report)) == report
