"""config.json, preprocessor_config.json and weights: found, validated, read, written."""
