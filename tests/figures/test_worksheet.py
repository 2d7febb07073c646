"""The worksheet is a PDF of three pages in any language that a font is there for."""

import string
import warnings

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

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


def box_font(path, letters):
    """Write a font in which every one of these letters is a box."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "box"])
    builder.setupCharacterMap(dict.fromkeys(map(ord, letters), "box"))
    builder.setupGlyf({".notdef": pen.glyph(), "box": pen.glyph()})
    builder.setupHorizontalMetrics(dict.fromkeys((".notdef", "box"), (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular", "psName": "Boxes"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


def test_wide_letters_take_a_font_that_has_them_all(explanation, tmp_path, monkeypatch):
    lesson = read_lesson("zh")
    letters = set(str(lesson)) | set(string.printable)
    box_font(tmp_path / "some.ttf", letters - {"\u58f0"})
    box_font(tmp_path / "all.ttf", letters)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    fonts = [str(path) for path in tmp_path.iterdir()]
    monkeypatch.setattr(worksheet, "findSystemFonts", lambda: fonts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as matplotlib does for a letter that it cannot draw
        assert b"Boxes" in worksheet_pdf(explanation, "our sound", lesson)


def test_letters_that_no_font_has_are_refused(explanation, monkeypatch):
    monkeypatch.setattr(worksheet, "findSystemFonts", list)
    with pytest.raises(ValueError, match="no font here with the letters of 中文"):
        worksheet_pdf(explanation, "our sound", read_lesson("zh"))


def test_no_line_begins_with_a_closing_mark_or_runs_off_the_page():
    text = "90 % 的最佳标签不变（84 % 到 94 %），正确率是 81 %，原来是 88 %。" + 50 * "x"
    lines = worksheet._lines(text, 40)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not [line for line in lines if line[0] in "，。、：；）"]
    for line in lines:
        assert sum(2 if letter >= worksheet.WIDE_LETTERS else 1 for letter in line) <= 42


def test_a_question_names_its_step_and_german_has_its_comma(explanation):
    german = read_lesson("de")
    questions = dict(worksheet._questions(explanation, german))
    assert questions["even"].endswith("(Schritt\u00a010)")
    assert german["decimal"] == ","
