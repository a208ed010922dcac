"""Numbers in, numbers out: the statistics, ignorant of frames and rules."""
