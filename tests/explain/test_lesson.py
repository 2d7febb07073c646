"""The numbers of the worksheet are those of the features and the grid."""

import json
from types import SimpleNamespace

import pytest

from ast_demo.explain import lesson
from ast_demo.explain.lesson import (
    lesson_languages,
    measured_effects,
    read_lesson,
    worksheet_answers,
    worksheet_facts,
)
from ast_demo.features.patches import PatchGrid


def test_english_comes_first():
    assert lesson_languages()[0] == ("en", "English")


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language is 'xx', expected one of en"):
        read_lesson("xx")


def test_answers_are_those_of_the_design():
    answers = worksheet_answers(PatchGrid(max_length=512))
    assert answers["samples"] == "48000"
    assert answers["frames"] == "298"
    assert answers["spacing"] == "31.25"
    assert answers["gain"] == "1.386"
    assert answers["tokens"] == "600 + 2 = 602"
    assert answers["tokens12"] == "420 + 2 = 422"
    assert answers["even"] == "1 / 602 = 0.00166"


def test_every_question_has_facts_and_an_answer():
    facts, answers = worksheet_facts(PatchGrid(), 768), worksheet_answers(PatchGrid())
    for name, question in read_lesson("en")["worksheet"]["questions"]:
        assert name in answers
        assert "____" in question
        question.format(**facts)


def test_effects_are_those_of_the_very_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "LESSON_FOLDER", tmp_path)
    measured = {"weights_sha256": "abc", "clips": 3}
    (tmp_path / "effects-mine.json").write_text(json.dumps(measured))

    def checkpoint(name, digest):
        return SimpleNamespace(name=name, sha256=lambda: digest)

    assert measured_effects(checkpoint("mine", "abc")) == measured
    assert measured_effects(checkpoint("mine", "trained again")) is None
    assert measured_effects(checkpoint("other", "abc")) is None
    assert measured_effects(None) is None
