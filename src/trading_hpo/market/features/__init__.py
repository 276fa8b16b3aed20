"""Bars -> features: what a model may know at the close of a bar."""
