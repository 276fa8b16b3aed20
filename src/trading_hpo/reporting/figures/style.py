"""What all figures share: colours, layout, and what is drawn where there is nothing to draw."""

from typing import Any

import plotly.graph_objects as go

from trading_hpo.escaping import plotly_text
from trading_hpo.families.registry import MODEL_TYPES

# Okabe and Ito (2008): distinct for colour-blind readers too.
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
BASELINE_COLOURS = {"buy_and_hold": "#222222", "constant_forecast": "#999999"}
BASELINE_NAMES = {"buy_and_hold": "buy and hold", "constant_forecast": "constant forecast"}


def colour_of(model_type: str) -> str:
    """Return the model type's own colour, by its place in the registry; those after the palette go round the hues.

    Example:
        >>> colour_of("mlp")
        '#0072B2'
    """
    place = list(MODEL_TYPES).index(model_type)
    return _PALETTE[place] if place < len(_PALETTE) else f"hsl({place * 137.5 % 360:g}, 55%, 40%)"


def styled(figure: go.Figure, title: str, x: str | None = None, y: str | None = None) -> go.Figure:
    """Return the figure with the project's layout, a title, and names of the axes with their units."""
    figure.update_layout(template="plotly_white", title=plotly_text(title), margin={"l": 60, "r": 30, "t": 60, "b": 50})
    if x is not None:
        figure.update_xaxes(title=plotly_text(x))
    if y is not None:
        figure.update_yaxes(title=plotly_text(y))
    return figure


def escaped(figure: go.Figure) -> go.Figure:
    """Return a figure of Optuna with the names and values that it took from a study as plain text."""
    return go.Figure(_escaped(figure.to_dict()))


def _escaped(part: Any, key: str = "") -> Any:
    if isinstance(part, dict):
        return {name: _escaped(value, name) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_escaped(value, key) for value in part]
    # A template names places of data; it is Optuna's own.
    return plotly_text(part) if isinstance(part, str) and key != "hovertemplate" else part


def note(title: str, why: str) -> go.Figure:
    """Return a figure that says why it is empty; an empty one that says nothing looks like a defect."""
    figure = styled(go.Figure(), title)
    figure.add_annotation(
        text=plotly_text(why), showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5, font={"size": 16}
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
