"""Recipes: bundled, based on each other, refused by name, and how a run ends."""

import pytest

from ast_demo.training.recipe import RecipeError, load_recipe, recipe_from_dict, recipe_names


def test_a_recipe_takes_the_rest_from_the_one_it_is_based_on(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text('{"based_on": "speech-commands", "steps": 3}')
    mine, base = load_recipe(file), load_recipe("speech-commands")
    assert mine == base.with_changes(steps=3, name="mine")


def test_every_bundled_recipe_can_be_read():
    assert "fine-tune" in recipe_names()
    for name in recipe_names():
        recipe = load_recipe(name)
        early, late = (recipe.rate(recipe.steps - 1, share) for share in (0.2, 0.99))
        assert 0 < late < early


def test_unknown_choices_of_a_recipe_are_named():
    with pytest.raises(RecipeError, match="unknown choices lerning_rate"):
        recipe_from_dict({"lerning_rate": 1.0})


def test_a_run_ends_by_steps_or_by_minutes_whichever_comes_first():
    recipe = recipe_from_dict({"steps": 100, "minutes": 2.0})
    assert recipe.done(50, 30.0) == 0.5
    assert recipe.done(10, 90.0) == 0.75
    assert recipe.done(10, 500.0) == 1.0
