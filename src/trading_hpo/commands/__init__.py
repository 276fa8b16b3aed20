"""What is typed after `kedro`."""
