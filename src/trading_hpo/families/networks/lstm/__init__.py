"""A long short-term memory.

Source: Hochreiter and Schmidhuber (1997), Long Short-Term Memory.
"""
