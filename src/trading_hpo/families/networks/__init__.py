"""Networks ``forward(windows [B, L, F], asset [B]) -> [B, outputs]``."""
