"""Windows, losses, seeds and the loop that fits one network on one fold."""
