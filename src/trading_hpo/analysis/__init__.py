"""What a finished or running study says about the search."""
