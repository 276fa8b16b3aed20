"""A convolution before a long short-term memory.

Source: Sainath et al. (2015), Convolutional, Long Short-Term Memory, Fully Connected Deep Neural Networks.
"""
