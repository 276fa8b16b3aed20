"""Gradient-boosted trees on binned columns.

Source: Friedman (2001), Greedy Function Approximation; histograms as of Ke et al. (2017), LightGBM.
"""
