"""The documentation: its blocks run, its site builds, its notebook and its container work."""
