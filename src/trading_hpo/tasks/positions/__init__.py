"""How calls are traded: one rule a file."""
