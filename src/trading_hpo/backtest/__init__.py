"""Predictions -> positions -> net returns -> metrics."""
