"""Market data: bars become features, labels and one dense panel."""
