"""Publication figures, the place that imports matplotlib."""
