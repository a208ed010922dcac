"""The tally from a Spark DataFrame: DataFrame operations only, so that no Python runs on the executors."""
