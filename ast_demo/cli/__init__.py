"""Every command of `python -m ast_demo`, and how answers are printed."""
