"""Market data: bars become features and one dense panel."""
