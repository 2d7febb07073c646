"""Warnings during a run: collapse, and a loss that stays flat."""

import numpy as np

from ast_demo.training.validation import collapse, flat


def test_one_label_for_every_clip_is_a_collapse_unless_every_clip_carries_it():
    targets = np.eye(2, dtype=int)[[0, 1] * 20]
    one, both = np.tile([0.0, 1.0], (40, 1)), 3.0 * targets
    assert "nearly every clip is called 'meow'" in collapse(one, targets, ["bark", "meow"])
    assert collapse(both, targets, ["bark", "meow"]) == ""
    assert collapse(one, np.eye(2, dtype=int)[[1] * 40], ["bark", "meow"]) == ""


def test_a_loss_that_does_not_fall_is_told_with_what_to_do():
    first = {"step": 50, "loss": 2.0, "top1": 0.6, "map": 0.5}
    told = flat(first, {"loss": 1.99, "top1": 0.61, "map": 0.49})
    assert "not fallen since step 50: lower the learning rate" in told
    assert flat(first, {"loss": 1.5, "top1": 0.6, "map": 0.5}) == ""
    better = {"loss": 1.99, "top1": 0.7, "map": 0.49}  # it does learn: the loss is noise
    assert flat(first, better) == ""
