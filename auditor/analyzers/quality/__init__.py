"""Rows, columns and tables as they are: QLT001 to QLT003, POL001."""
