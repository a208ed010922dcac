"""Rules about a process of several steps: stages, lists and places (STG001, STG002, RNK001)."""
