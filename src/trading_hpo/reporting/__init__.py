"""Results -> what a person reads; no statistics are made here."""
