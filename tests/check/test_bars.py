"""Bars are read as written."""

import pytest

from ast_demo.check.bars import Bars
from ast_demo.check.perturbations.table import build_perturbations

NOISE = [p for p in build_perturbations(only=["noise"]) if p.series == "pink noise"]


def test_bars_are_read_and_the_rest_keep_their_defaults():
    assert Bars.parse(["kept=0.95", "top1=0.8"]) == Bars(kept=0.95, top1=0.8)


@pytest.mark.parametrize("text", ["kept", "kept=much", "kept=1.5", "kept=nan", "trust=0.9"])
def test_what_is_no_bar_is_refused(text):
    with pytest.raises(ValueError, match=text.split("=")[0]):
        Bars.parse([text])
