"""Who is in the data, and in what numbers: REP001, REP002, REP005, FIT006."""
