"""The window slides over a stream or a long recording: windows, scores, events."""
