"""Choosing, recording, decoding and playing a sound in the browser."""
