"""Small changes to the statistics and the states, each of which a test should notice."""
