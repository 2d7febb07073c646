"""What a GPU changes in a recipe: larger batches for fewer steps, and bfloat16 where it has it."""

from __future__ import annotations

import dataclasses
import math

import torch

from ast_demo.training.recipe import Recipe

MOST_TIMES = 8  # the batch grows at most so much
FEWEST_STEPS = 1500  # that are left; shorter runs keep their batch
BYTES_A_CLIP = 64 << 20  # of memory in a step of a few million weights, measured generously
MEMORY_SHARE = 0.5  # of the card's memory that batches may take


def fitted_to(recipe: Recipe, device: torch.device) -> tuple[Recipe, str]:
    """Return a recipe as a device runs it best, and a sentence on what was changed.

    The choice follows from the card alone, not from what is free on it, so that a run that was
    killed goes on with the same batches.
    """
    if device.type != "cuda":
        return recipe, ""
    memory = torch.cuda.get_device_properties(device).total_memory
    return fitted_to_card(recipe, memory, torch.cuda.is_bf16_supported(including_emulation=False))


def fitted_to_card(recipe: Recipe, memory: int, has_bfloat16: bool) -> tuple[Recipe, str]:
    """Return a recipe for a card with some bytes of memory, and a sentence on it.

    As many clips are heard in fewer steps. Learning rates grow with the square root of the batch,
    and what counts steps shrinks with it.
    """
    times = 1
    while (
        2 * times <= MOST_TIMES
        and recipe.steps // (2 * times) >= FEWEST_STEPS
        and 2 * times * recipe.batch * BYTES_A_CLIP <= MEMORY_SHARE * memory
    ):
        times *= 2
    precision = "bfloat16" if has_bfloat16 else "float32"
    fitted = dataclasses.replace(
        recipe,
        precision=precision,
        batch=times * recipe.batch,
        steps=-(-recipe.steps // times),
        warm_up=-(-recipe.warm_up // times),
        evaluate_every=-(-recipe.evaluate_every // times),
        learning_rate=recipe.learning_rate * math.sqrt(times),
        matrix_rate=recipe.matrix_rate * math.sqrt(times),
        average=recipe.average**times,
    )
    return fitted, f"on this GPU: batches of {fitted.batch}, {fitted.steps} steps, {precision}"
