"""What an audit reports while it runs: every rule's turn, and how far the fits are."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.learn import progress as fits

WORDS = [f"{a}{b}" for a in ("bra", "cle", "dro", "fli", "gru") for b in ("mi", "no", "pe", "ta")]


def _frame(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], rows),
            "age": rng.integers(18, 60, rows),
            "skill": rng.normal(size=rows),
            "cv": [" ".join(rng.choice(WORDS, 15)) for _ in range(rows)],
            "hired": rng.choice(["yes", "no"], rows),
        }
    )


def test_every_rule_and_every_kind_of_fit_is_reported() -> None:
    words: list[str] = []
    audit = auditor.check(
        _frame(), target="hired", positive="yes", groups="sex", text="cv", id="none", progress=words.append
    )
    turns = [match for each in words if (match := re.fullmatch(r"judging (\w+) ([\w-]+), rule (\d+) of (\d+)", each))]
    assert [match[1] for match in turns] == [result.rule for result in audit.results]
    assert [int(match[3]) for match in turns] == list(range(1, len(audit.results) + 1))
    assert {int(match[4]) for match in turns} == {len(audit.results)}
    begun = {match[1] for each in words if (match := re.match(r"fitting models of (.+): 0 of \d+$", each))}
    assert begun == {"columns", "the text 'cv'"}


def test_the_rest_takes_as_long_as_what_is_done_did() -> None:
    assert fits.in_words("columns", 0, 60, 0.0) == "fitting models of columns: 0 of 60"
    assert fits.in_words("columns", 20, 60, 7.0) == "fitting models of columns: 20 of 60, about 14 s left"


def test_progress_is_reported_at_most_twice_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now, words = 0.0, list[str]()
    monkeypatch.setattr("time.monotonic", lambda: now)
    done = fits.of_fits(words.append, "columns")
    for i in range(100):
        now = i * 0.05
        done(i, 100)
    assert len(words) == 10 and words[0] == "fitting models of columns: 0 of 100"
    assert words[-1].endswith("about 1 s left") or "s left" in words[-1]
    now = 60.0
    done(0, 40)  # a new series
    assert words[-1] == "fitting models of columns: 0 of 40"
