"""A linear model: logistic regression of a class, ridge regression of a number."""
