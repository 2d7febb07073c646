"""The timeline's colours stand in its style sheet, as many as its script hands out."""

import re

from ast_demo.ui.timeline.tab import SOURCES


def test_every_label_colour_is_in_the_style_sheet():
    script = (SOURCES / "js" / "chart.js").read_text(encoding="utf-8")
    count = int(re.search(r"export const COLOURS = (\d+);", script)[1])
    style = (SOURCES / "timeline.css").read_text(encoding="utf-8")
    assert {int(number) for number in re.findall(r"--tl-(\d+):", style)} == set(range(count))
