"""The page: one file with its style, its script, Plotly and all figures; it needs no network."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, StrictUndefined
from plotly.offline import get_plotlyjs

from trading_hpo.reporting.page.blocks import Drawn, drawn_in
from trading_hpo.reporting.page.facts import Judged, RunFacts, Searched
from trading_hpo.reporting.page.figures_json import page_data, plain_figure
from trading_hpo.reporting.page.first_screen import first_screen
from trading_hpo.reporting.page.luck_section import luck_section
from trading_hpo.reporting.page.results_sections import holdout_sections, results_section
from trading_hpo.reporting.page.search_sections import environment_sections, search_sections

# Scripts are those with the digest that is named: what a name from outside might bring along is none of them.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; "
    "form-action 'none'; script-src {scripts}"
)


def report_page(facts: RunFacts, searched: Searched, judged: Judged | None, figures: Mapping[str, go.Figure]) -> str:
    """Return the page as HTML.

    Args:
        facts: Of the run.
        searched: What the searches have found, finished or not.
        judged: What the holdout says; none of the searches alone.
        figures: By their names in the catalog; one that is not there is left out.
    """
    sections = [
        results_section(searched, judged),
        luck_section(searched),
        *holdout_sections(facts, judged),
        *search_sections(searched),
        *environment_sections(facts, searched),
    ]
    drawn = {
        block.name: _Figure.of(block, figures[block.name]) for block in drawn_in(sections) if block.name in figures
    }
    scripts = {"plotly": get_plotlyjs(), "page": _text("page.js")}
    template = _environment().from_string(_text("template.html.j2"))
    return template.render(
        facts=facts,
        first=first_screen(facts, searched, judged),
        is_judged=judged is not None,
        sections=sections,
        figures=drawn,
        data=page_data({name: figure.plain for name, figure in drawn.items() if figure.plain["data"]}),
        style=_text("style.css"),
        scripts=scripts,
        policy=_POLICY.format(scripts=" ".join(f"'sha256-{_digest(script)}'" for script in scripts.values())),
    )


@dataclass(frozen=True)
class _Figure:
    """A figure as the template needs it."""

    plain: Mapping[str, Any]
    caption: str
    said: str
    height_px: int

    @staticmethod
    def of(block: Drawn, figure: go.Figure) -> "_Figure":
        """Return a figure with what stands under it."""
        plain, title, said = plain_figure(figure)
        return _Figure(plain, block.caption or title, said, int(plain["layout"].get("height") or _HEIGHT_PX))


_HEIGHT_PX = 400
MADE_OF = ("template.html.j2", "style.css", "page.js")
# A run writes its page anew when the code has changed that writes it, which these files are no part of but for this.
DIGEST = "2604b4c598e8"


@cache
def _text(name: str) -> str:
    """Return a file of this folder; line ends as a browser reads them, for the digest of a script."""
    return (files(__package__) / name).read_text(encoding="utf-8").replace("\r\n", "\n").strip("\n")


@cache
def _environment() -> Environment:
    """Return Jinja as the page needs it: every name is text, and a name that is missing is a defect."""
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def resources_digest() -> str:
    """Return what ``DIGEST`` must be."""
    return hashlib.sha256("\0".join(map(_text, MADE_OF)).encode()).hexdigest()[:12]


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
