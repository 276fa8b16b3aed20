"""Gradient-boosted trees on binned columns."""
