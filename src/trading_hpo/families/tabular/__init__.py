"""References: linear models and trees on columns of features, searched as the networks are."""
