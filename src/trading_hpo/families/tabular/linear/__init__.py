"""A linear model: logistic regression of a class, ridge regression of a number.

Source: Cox (1958), The Regression Analysis of Binary Sequences; Hoerl and Kennard (1970), Ridge Regression.
"""
