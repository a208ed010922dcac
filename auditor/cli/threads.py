"""Linear algebra in one thread: the matrices of an audit are small, and it fits models side by side."""

from __future__ import annotations

import os

LIMITS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # read when NumPy and SciPy are first imported


def one_thread() -> None:
    """Let NumPy and SciPy compute in one thread, unless the environment states otherwise.

    On an idle machine an audit takes as long as before. On a busy one, threads that wait for each other after every
    small matrix made it take up to 20 times as long.
    """
    for name in LIMITS:
        os.environ.setdefault(name, "1")
