"""Measures of a finished or running model."""
