"""Spends a budget of trials: proposes, prunes, runs candidates, writes. Knows no torch, no market, no trading."""
