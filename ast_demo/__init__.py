"""See what an Audio Spectrogram Transformer sees."""
