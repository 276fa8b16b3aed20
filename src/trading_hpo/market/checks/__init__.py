"""What bars must keep to be trusted: one kind of fault a file, each said with count, asset and first timestamp."""
