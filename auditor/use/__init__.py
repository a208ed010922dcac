"""What was stated and what was guessed about the columns of a data set."""
