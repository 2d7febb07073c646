"""A report in words and drawings: HTML, PDF, JSON, a block for a model card, what changed."""
