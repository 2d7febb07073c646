"""One training run: recipe, model, losses, optimizers, loop."""
