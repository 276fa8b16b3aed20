"""The histogram of logits: which of them count as overfit, and of which data they are."""

import pytest
from tests.makers.figures import said
from tests.makers.selection import TOO_FEW, overfitting_of

from trading_hpo.reporting.figures.overfitting import overfitting_figure


def drawn(**found):
    return overfitting_figure({name: {"overfitting": own} for name, own in found.items()})


def test_the_bars_up_to_zero_add_up_to_the_probability():
    own = overfitting_of()
    lower, upper = drawn(mlp=own).data
    assert max(lower.x) < 0 < min(upper.x)
    assert sum(lower.y) == pytest.approx(own["probability"])
    assert sum(lower.y) + sum(upper.y) == pytest.approx(1.0)


def test_of_several_data_those_of_most_model_types_are_drawn():
    one, other = overfitting_of(), overfitting_of(924, seed=1)
    figure = drawn(mlp=other, lstm=one, gru=one, cnn_lstm=TOO_FEW)
    assert "12,870 ways" in figure.layout.title.text.replace("<br>", " ")


def test_too_few_trials_say_how_many_are_needed():
    assert "at least 20 trials" in said(drawn(mlp=TOO_FEW))
