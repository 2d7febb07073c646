"""What a teacher model says of each clip."""
