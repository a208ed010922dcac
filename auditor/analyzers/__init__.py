"""The rules: one file, one concern; each a pure function from the tally and the stated use to findings."""
