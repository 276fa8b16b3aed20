"""What a trial is measured by: one registry, with direction and unit."""
