"""How often the program is wrong, and how often it sees a fault: `python -m tests.benchmarks.calibration`."""
