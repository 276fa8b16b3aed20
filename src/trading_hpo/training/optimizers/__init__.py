"""How gradients change weights: one file an optimizer, one line an optimizer in the registry."""
