"""Figures that a page may ask for before they were drawn."""

from pathlib import Path
from typing import Any

from kedro_datasets.plotly import JSONDataset

NOT_DRAWN = "not drawn yet"


class FigureDataset(JSONDataset):
    """A figure as Plotly's JSON; one that was never drawn loads as one that says so.

    A page takes what exists: a stage that was left out is no error.
    """

    def load(self) -> Any:
        """Read the figure."""
        if not Path(self._filepath).exists():
            from trading_hpo.reporting.figures.style import note

            return note(
                Path(self._filepath).stem.replace("_", " "), NOT_DRAWN, "Run `kedro run`: it draws all figures."
            )
        return super().load()
