"""The names of what the tables of a tally hold, and the codes of outcomes."""

OUTCOME = "(favourable)"
LEVEL = "(level)"
COUNT = "(rows)"
WEIGHT, SQUARES = "(weight)", "(squares)"  # sums of the weights, and of their squares
MEAN, VARIANCE = "(mean)", "(variance)"  # of a numeric outcome
OTHER = "(all other values)"
STRATA = "(strata)"  # the derived columns: joined strata, and the period
PERIOD = "(period)"
STAGES, LISTS, PLACES = "(stages)", "(lists)", "(places)"  # paths through stages, lists, places in lists
DERIVED = (STRATA, PERIOD, STAGES, LISTS, PLACES)
NO_OUTCOME = -1  # beside 1 favourable and 0 not
