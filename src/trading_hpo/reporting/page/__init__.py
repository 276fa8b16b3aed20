"""Results and figures -> one page that needs no network, and a summary as text; no statistics are made here."""
