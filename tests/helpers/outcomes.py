"""Outcomes of pink noise, as a check would find them."""

from __future__ import annotations

from ast_demo.check.bars import Bars
from ast_demo.check.perturbations.table import build_perturbations
from ast_demo.check.run import Outcome
from ast_demo.check.series import build_series

NOISE = [p for p in build_perturbations(only=["noise"]) if p.series == "pink noise"]


def outcome(key, score, rival_score=0.0, before=0.9, **more) -> Outcome:
    """Return what became of a siren: its score after the change, and its rival's."""
    return Outcome("a.wav", key, "Siren", before, score, "Rain", rival_score, **more)


def pink(scores, rivals):
    """Return the series and the outcomes of pink noise, one score and rival's for each strength."""
    outcomes = [outcome(p.key, s, r) for p, s, r in zip(NOISE, scores, rivals)]
    return build_series(NOISE, outcomes, Bars())[0], outcomes
