"""What training minimises: one file a loss, one line a loss in the registry."""
