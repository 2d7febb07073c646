"""A report as HTML: without script, names stay text, drawings say what they show."""

import re

from ast_demo.check.reports.html_report import to_html


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


def test_a_label_with_dollar_signs_is_text_in_drawings(report_of_dollars):
    page = to_html(report_of_dollars, "2026-01-01")
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert any(r"$\frac{$" in drawing for drawing in drawings)
