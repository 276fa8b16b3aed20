"""Which trials are given up early, and on what grounds."""
