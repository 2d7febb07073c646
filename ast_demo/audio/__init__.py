"""A file or an array becomes a mono float32 waveform, or one sentence why not."""
