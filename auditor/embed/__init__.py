"""Models that the user has on this machine: texts and images to vectors. Nothing is looked up or downloaded."""
