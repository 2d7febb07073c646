"""What a GPU changes in a recipe; the choice is made from numbers, so no GPU is needed."""

import pytest
import torch

from ast_demo.training.accelerator import fitted_to, fitted_to_card
from ast_demo.training.recipe import Recipe

GIBIBYTE = 1 << 30


def test_a_large_card_hears_as_many_clips_in_fewer_steps():
    recipe = Recipe(steps=12_800, batch=32, learning_rate=0.002, warm_up=100, average=0.998)
    fitted, note = fitted_to_card(recipe, 80 * GIBIBYTE, has_bfloat16=True)
    assert (fitted.batch, fitted.steps, fitted.warm_up) == (256, 1600, 13)
    assert fitted.learning_rate == pytest.approx(0.002 * 8**0.5)
    assert fitted.average == pytest.approx(0.998**8)
    assert note == "on this GPU: batches of 256, 1600 steps, bfloat16"


def test_a_small_card_keeps_to_half_of_its_memory():
    fitted, _ = fitted_to_card(Recipe(steps=12_800, batch=32), 8 * GIBIBYTE, has_bfloat16=True)
    assert (fitted.batch, fitted.steps) == (64, 6400)


def test_a_short_run_keeps_its_batch_and_an_old_card_float32():
    recipe = Recipe(precision="bfloat16")
    fitted, _ = fitted_to_card(recipe, 80 * GIBIBYTE, has_bfloat16=False)
    assert fitted == recipe.with_changes(precision="float32")


def test_a_cpu_changes_nothing():
    recipe = Recipe(steps=12_800)
    assert fitted_to(recipe, torch.device("cpu")) == (recipe, "")
