"""A multilayer perceptron.

Source: Rumelhart, Hinton and Williams (1986), Learning Representations by Back-Propagating Errors.
"""
