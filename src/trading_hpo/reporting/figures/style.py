"""What all figures share: colours, layout, and what is drawn where there is nothing to draw.

A figure has a height and no width, so that it takes the width of its page, from 390 pixels on. It has no background,
and every colour of it can be seen on white and on #111; a page that wants black or white text includes ``PAGE_CSS``.
"""

import re
from collections.abc import Sequence
from colorsys import hls_to_rgb
from textwrap import wrap

import plotly.graph_objects as go

from trading_hpo.escaping import one_line, plotly_text
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.metrics.registry import METRICS

# The first four are of Okabe and Ito (2008), distinct for colour-blind readers too; their other colours are too light
# for white paper. Each has a contrast of at least 3:1 to white and to #111.
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#9900EE", "#AA5533")
_LUMINANCE = 0.19  # of the colours after the palette: in the middle between white and #111
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "star", "hexagon")
BASELINE_COLOURS = {"buy_and_hold": "#6A6A6A", "constant_forecast": "#8F8F8F"}
BASELINE_NAMES = {"buy_and_hold": "buy and hold", "constant_forecast": "constant forecast"}
BASELINE_DASHES = {"buy_and_hold": "dash", "constant_forecast": "dot"}

TEXT = "#797979"  # 4.3:1 to white and to #111: no grey does better on both
NEUTRAL = "#797979"  # of marks that belong to no model type
GRID = "rgba(128,128,128,0.25)"
AXIS_LINE = "rgba(128,128,128,0.7)"
PAPERS = ("#FFFFFF", "#111111")

# Plotly writes the colour of a text into the text itself, hence "important". Labels shown by the mouse keep theirs.
PAGE_CSS = """
.js-plotly-plot text:not(.hoverlayer text) { fill: #222222 !important }
@media (prefers-color-scheme: dark) { .js-plotly-plot text:not(.hoverlayer text) { fill: #e6e6e6 !important } }
"""

# Letters that fit into 390 pixels: of the title, of smaller text, of a title below an axis.
TITLE_WIDTH, LINE_WIDTH, AXIS_WIDTH = 36, 48, 38
_TITLE_PX, _LINE_PX, _AXIS_PX, _LEGEND_PX, _LETTER_PX, _NARROW_PX = 48, 20, 62, 20, 7.5, 370

_axis = {
    "automargin": True,
    "gridcolor": GRID,
    "linecolor": AXIS_LINE,
    "zerolinecolor": AXIS_LINE,
    "zerolinewidth": 1,
    "title": {"standoff": 8},
}
TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": _PALETTE,
        "font": {"color": TEXT, "size": 12, "family": "system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif"},
        "title": {
            "font": {"size": 15},
            "pad": {"t": 22, "l": 8},
            **{"x": 0, "xref": "container", "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top"},
        },
        "xaxis": {**_axis, "zeroline": False},
        "yaxis": _axis,
        "legend": {
            "orientation": "h",
            "bgcolor": "rgba(0,0,0,0)",
            **{"x": 0, "xref": "container", "xanchor": "left", "y": 0, "yref": "container", "yanchor": "bottom"},
        },
        "hoverlabel": {"align": "left"},
        "margin": {"l": 10, "r": 24, "t": 10, "b": 10},
    }
)


def colour_of(model_type: str) -> str:
    """Return the model type's own colour, by its place in the registry; those after the palette go round the hues.

    Example:
        >>> colour_of("mlp")
        '#009E73'
    """
    place = list(MODEL_TYPES).index(model_type)
    return _PALETTE[place] if place < len(_PALETTE) else _of_hue(place * 137.508 % 360)


def symbol_of(model_type: str) -> str:
    """Return the model type's own mark, which distinguishes it without colour; they repeat after eight."""
    return _SYMBOLS[list(MODEL_TYPES).index(model_type) % len(_SYMBOLS)]


def _of_hue(degrees: float) -> str:
    """Return the colour of a hue that has the luminance in the middle between white and #111."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if luminance(_hex(degrees, middle)) < _LUMINANCE else (low, middle)
    return _hex(degrees, high)


def _hex(degrees: float, lightness: float, saturation: float = 0.6) -> str:
    return "#" + "".join(f"{round(255 * part):02X}" for part in hls_to_rgb(degrees / 360, lightness, saturation))


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#RRGGBB``, 0 to 1.

    Source: WCAG 2.2, "relative luminance".
    """
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def with_unit(metric: str) -> str:
    """Return a metric's name with its unit, as a text that is not escaped yet; a plain number has none.

    Example:
        >>> with_unit("training_time_s"), with_unit("mcc")
        ('training_time_s (s)', 'mcc')
    """
    unit = METRICS[metric].unit if metric in METRICS else ""
    return f"{metric} ({unit})" if unit else metric


def with_direction(metric: str, direction: str) -> str:
    """Return a metric's name with its unit and which end of it is good, not escaped.

    Example:
        >>> with_direction("model_size_mb", "minimize")
        'model_size_mb (MB), lower is better'
    """
    return f"{with_unit(metric)}, {'higher' if direction == 'maximize' else 'lower'} is better"


def lines_of(text: str, width: int = LINE_WIDTH) -> str:
    """Return a text as Plotly shows it, in lines of at most that many letters: Plotly cuts what is too long.

    Example:
        >>> lines_of("share in mcc < 0", 9)
        'share in<br>mcc &lt; 0'
    """
    return "<br>".join(plotly_text(line) for line in wrap(one_line(text), width))


def name_lines(name: str, width: int, most: int = 2) -> str:
    """Return the name of a parameter in at most so many lines, which end behind an underscore where they can.

    Example:
        >>> name_lines("early_stopping_patience", 16)
        'early_stopping_<br>patience'
    """
    lines = [""]
    for piece in re.findall("[^_]*_+|[^_]+", one_line(name)):
        if lines[-1] and len(lines[-1]) + len(piece) > width:
            lines.append("")
        lines[-1] += piece
    short = [part for line in lines for part in wrap(line, width)]
    if len(short) > most:
        short = [*short[: most - 1], shortened("".join(short[most - 1 :]), width)]
    return "<br>".join(map(plotly_text, short))


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many letters.

    Example:
        >>> shortened("reduce_on_plateau", 8)
        'reduce_…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def styled(
    figure: go.Figure,
    title: str,
    x: str | None = None,
    y: str | None = None,
    *,
    below: Sequence[str] = (),
    plot_height_px: int = 300,
) -> go.Figure:
    """Return the figure with the project's layout, a title, and names of the axes with their units.

    Args:
        figure: With all its traces: the legend's room depends on them.
        title: What it shows.
        x: Of all horizontal axes.
        y: Of all vertical axes.
        below: Paragraphs under the title, in smaller letters: which study, how to read it.
        plot_height_px: Between the top and the bottom of the axes, all panels together.
    """
    heading, small = lines_of(title, TITLE_WIDTH), [lines_of(one) for one in below]
    if small:
        heading += "".join(f"<br><span style='font-size:12px'>{one}</span>" for one in small)
    top = _TITLE_PX + _LINE_PX * heading.count("<br>")
    height = top + plot_height_px + _AXIS_PX + _LEGEND_PX * _legend_rows(figure)
    figure.update_layout(template=TEMPLATE, title_text=heading, height=height, margin_t=top)
    if x is not None:
        figure.update_xaxes(title_text=lines_of(x, AXIS_WIDTH))
    if y is not None:
        figure.update_yaxes(title_text=lines_of(y, max(12, int(plot_height_px / _LETTER_PX))))
    return figure


def _legend_rows(figure: go.Figure) -> int:
    """Return how many rows the legend takes on a narrow page, where all entries are as wide as the longest."""
    names = [str(trace.name) for trace in figure.data if trace.name and trace.showlegend is not False]
    if len(names) < 2 and not any(trace.showlegend for trace in figure.data):
        return 0
    widest = max(len(name) for name in names) * _LETTER_PX + 45
    in_a_row = max(1, int(_NARROW_PX / widest))
    return -(-len(names) // in_a_row)


def note(title: str, why: str, remedy: str = "", *, below: Sequence[str] = ()) -> go.Figure:
    """Return a figure that says why it is empty; an empty one that says nothing looks like a defect.

    Args:
        title: What would be shown.
        why: There is nothing to show.
        remedy: What to do to see something; empty where nothing has to be done.
        below: As in ``styled``.
    """
    figure = styled(go.Figure(), title, below=below, plot_height_px=100)
    figure.add_annotation(
        text="<br><br>".join(lines_of(part, LINE_WIDTH - 4) for part in (why, remedy) if part),
        showarrow=False,
        **{"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5},
        font={"size": 13},
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
