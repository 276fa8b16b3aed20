"""Panel -> folds whose roles share no information that they should not."""
