"""The worksheet is a PDF of three pages in any language that a font is there for."""

import numpy as np
import pytest

from ast_demo.classifier import AudioClassifier
from ast_demo.explain.lesson import read_lesson
from ast_demo.figures import worksheet
from ast_demo.figures.worksheet import worksheet_pdf


@pytest.fixture(scope="module")
def explanation():
    classifier = AudioClassifier.load("speech-commands", device="cpu", dtype="float32")
    return classifier.explain((0.1 * np.sin(np.arange(9000) / 5)).astype(np.float32))


def test_two_pages_and_a_key(explanation):
    content = worksheet_pdf(explanation, "our sound", read_lesson("en"))
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page ") == 3


def test_letters_that_no_font_has_are_refused(explanation, monkeypatch):
    monkeypatch.setattr(worksheet, "WIDE_FONTS", ("No Such Font",))
    lesson = read_lesson("en")
    lesson = lesson | {"language": "中文", "worksheet": lesson["worksheet"] | {"title": "声音"}}
    with pytest.raises(ValueError, match="no font here with the letters of 中文"):
        worksheet_pdf(explanation, "our sound", lesson)
