"""Rules about columns of vectors: EMB001 to EMB004."""
