"""Runs nodes: those whose code, parameters and inputs have changed, on files that are what was saved."""
