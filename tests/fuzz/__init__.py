"""The fuzzer: seeded cases of hostile data, files, names and flags, each held to what every command promises.

    python -m tests.fuzz --cases 1000 [--seed 7] [--kinds csv,names] [--workers 2]
    python -m tests.fuzz --case 7:123

`kinds` make a case (files and commands), `execute` runs it as the command line does, `invariants` judge what came
out, `pool` keeps the cases in processes of their own, so that a crash or a hang is found and not suffered.
"""
