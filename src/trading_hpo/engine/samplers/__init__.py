"""What is tried next. A sampler of ours knows the slot it draws for and nothing that a resumed search has lost."""
