"""The stages, in the order in which data flow: one folder each."""
