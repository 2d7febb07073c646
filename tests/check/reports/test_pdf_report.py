"""A report on paper."""

from ast_demo.check.reports.pdf_report import to_pdf


def test_pdf_has_a_first_page_to_hand_on_and_further_ones(report):
    content = to_pdf(report, "2026-01-01")
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page ") + content.count(b"/Type /Page\n") >= 3


def test_a_label_with_dollar_signs_is_text_on_paper(report_of_dollars):
    assert to_pdf(report_of_dollars, "2026-01-01").startswith(b"%PDF")
