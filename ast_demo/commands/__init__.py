"""The commands of `python -m ast_demo`."""
