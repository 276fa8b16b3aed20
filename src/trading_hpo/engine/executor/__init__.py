"""The processes that run candidates."""
