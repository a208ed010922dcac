"""What is counted of the data: the one value that rules read."""
