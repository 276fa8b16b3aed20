"""Whether a result is more than luck: corrected for many trials, several finalists and bars that move together."""
