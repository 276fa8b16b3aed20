"""What is told to MLflow; the only room that knows it."""
