"""Engines: a source and its roles to a tally. Each is a module with `peek`, `tally` and `sample`."""
