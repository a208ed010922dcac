"""Designs to come."""
