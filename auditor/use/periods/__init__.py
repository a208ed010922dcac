"""How texts and numbers that name periods of time are read and put in the order of time; pure, one file per concern."""
