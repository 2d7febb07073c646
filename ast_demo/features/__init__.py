"""A waveform becomes log-mel frames, `input_values` and a patch grid."""
