"""What is done to a sound before a model hears it, one file for each thing that happens to it."""
