"""`input_values` become tokens, logits and kept queries and keys, on a device and in a dtype."""
