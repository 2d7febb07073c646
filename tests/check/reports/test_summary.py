"""What a report says first."""

from ast_demo.check.bars import Bars
from ast_demo.check.perturbations.perturbation import FALL, SAME
from ast_demo.check.reports.summary import summary_sentences


def point(kind, kept, cases=10):
    return {"kind": kind, "kept": kept, "cases": cases}


def report(series=(), sounds=(), comparison=None):
    bars = {"bars": vars(Bars())}
    parts = {"series": series, "sounds": sounds, "comparison": comparison}
    return {"clips": None, "heat": None, "settings": bars, **parts}


def test_harmless_changes_are_counted_and_the_weakest_series_are_named():
    noise = {"series": "white noise", "flips_at": "5 dB SNR"}
    noise["points"] = [point(SAME, 9), point(FALL, 2)]
    level = {"series": "level", "flips_at": None, "points": [point(SAME, 10)]}
    _, sentence = summary_sentences(report([noise, level]))
    assert sentence == (
        "It keeps its best label in 19 of 20 changes that should not matter; it gives way most "
        "often under white noise (from 5 dB SNR on)."
    )


def test_one_known_sound_is_told_as_one():
    sound = {"true_score": 0.9, "score": 0.9}
    assert summary_sentences(report(sounds=[sound])) == [
        "It recognizes the one sound whose label is known."
    ]


def test_a_second_model_has_a_sentence_of_its_own():
    told = summary_sentences(report(comparison={"sentence": "They agree."}))
    assert told[-1] == "They agree."
