"""How the best trial of one half of the bars ranks on the other."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from trading_hpo.reporting.figures.style import NEUTRAL, note, styled
from trading_hpo.reporting.probability import probability

_TITLE = "Backtest overfitting"
_MORE = "Give the search more trials, hpo.n_trials: returns of complete trials are compared."
_HALVES = (("lower half: overfit", "/"), ("upper half", ""))


def overfitting_figure(found: Mapping[str, Mapping[str, Any]]) -> go.Figure:
    """Return the histogram of logits of the rank, over all ways to halve the blocks of bars.

    Of several data that were searched it is of those that most model types were searched on.

    Args:
        found: Of ``selection_statistics``, by model type.
    """
    of_all = [own["overfitting"] for own in found.values()]
    there = {str(own): own for own in of_all if "why" not in own}
    if not there:
        why = next((own["why"] for own in of_all), "no trial has left returns yet")
        return note(_TITLE, why, _MORE)
    most, _ = Counter(str(own) for own in of_all if "why" not in own).most_common(1)[0]
    return _histogram(there[most])


def _histogram(own: Mapping[str, Any]) -> go.Figure:
    edges, counts = np.array(own["edges"]), np.array(own["counts"])
    shares, width = counts / counts.sum(), edges[1] - edges[0]
    centres = (edges[1:] + edges[:-1]) / 2
    figure = go.Figure()
    for (name, pattern), mine in zip(_HALVES, (centres < 0, centres > 0), strict=True):
        figure.add_bar(
            x=centres[mine],
            y=shares[mine],
            width=width,
            name=name,
            showlegend=True,
            marker={"color": NEUTRAL, "pattern": {"shape": pattern}, "line": {"width": 0}},
            customdata=np.stack([edges[:-1][mine], edges[1:][mine]], axis=1),
            hovertemplate=f"{name}<br>logit %{{customdata[0]}} to %{{customdata[1]}}: %{{y:.1%}}<extra></extra>",
        )
    below = [
        f"PBO {probability(own['probability'])}: share of the lower half",
        f"{own['n_trials']:,} trials, {own['n_bars']:,} bars in {own['n_blocks']} blocks, {own['n_splits']:,} ways to "
        "halve them",
    ]
    x, y = "logit of the rank on the other half", "share of the ways (%)"
    styled(figure, _TITLE, x, y, below=below)
    figure.update_layout(bargap=0)
    figure.update_yaxes(tickformat=".2~%", rangemode="tozero")
    low, high = edges[np.flatnonzero(counts)[[0, -1]] + (0, 1)]
    pad = width / 2  # no tick stands in the corner, where those of both axes would meet
    return figure.update_xaxes(range=[min(low, -1.0) - pad, max(high, 1.0) + pad], zeroline=True)
