"""A convolution before a long short-term memory."""
