"""Models of the sample."""
