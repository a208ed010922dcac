"""What changes over time: REP004, OUT006."""
