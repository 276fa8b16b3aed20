"""How gradients change weights: one file an optimiser, one line an optimiser in the registry."""
