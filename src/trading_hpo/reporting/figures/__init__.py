"""Results -> Plotly figures; no statistics are made here."""
