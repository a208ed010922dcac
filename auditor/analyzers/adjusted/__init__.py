"""Gaps adjusted for stated controls: ADJ001, ADJ002."""
