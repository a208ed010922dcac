"""What the levels of columns mean: spellings of one word, labels of codes, words and numbers for "not recorded"."""
