"""A gated recurrent unit.

Source: Cho et al. (2014), Learning Phrase Representations Using RNN Encoder-Decoder.
"""
