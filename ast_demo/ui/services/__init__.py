"""What page and API share: models, cache, uploads, limits, turns in the model."""
