"""Where bars come from: data sets that installed packages carry, or a user's own files."""
