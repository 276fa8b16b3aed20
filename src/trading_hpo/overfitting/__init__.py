"""Whether a result is more than luck: corrected for many trials, for several finalists, and for bars that move together."""
