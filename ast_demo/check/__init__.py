"""Behavioural tests of a checkpoint: perturbed sounds, comparison, labelled clips, honest heat."""
