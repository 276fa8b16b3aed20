"""A long short-term memory."""
