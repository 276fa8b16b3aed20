"""A gated recurrent unit."""
