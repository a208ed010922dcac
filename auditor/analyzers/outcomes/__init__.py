"""Who gets the favourable outcome, as a whole, within strata and in subgroups: OUT001 to OUT005, OUT007, REP003."""
