"""What can be searched: one folder per family of models."""
