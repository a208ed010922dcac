"""Rules about a score or a prediction beside the outcome: SCO001 to SCO005."""
