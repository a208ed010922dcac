"""The command line: one command a function, with what it prints and how it ends."""
