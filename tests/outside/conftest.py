"""What somebody else has written: none of it is a test of ours, and importing it would enter its components here."""

collect_ignore = ["package"]
