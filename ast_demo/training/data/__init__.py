"""Data sets, their cached features, and the batches drawn from them."""
