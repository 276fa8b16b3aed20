"""Where studies live, and how they are written: in order, at once or later, by one search or by several."""
