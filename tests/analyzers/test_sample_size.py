"""FIT006: whether there are rows enough for a claim about a group, and whether those it asks for are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from auditor.model import State
from auditor.stats.counts import Pair
from auditor.stats.proportions import clear_n, ratio_interval
from tests.tallies import run_rule, tally_of

RULE = "FIT006"


def test_sizes_for_a_claim() -> None:
    findings = run_rule(RULE, tally_of({"a": (60, 200), "b": (18, 60)})).findings
    finding = next(finding for finding in findings if finding.subject.get("level") == "b")
    assert finding.state is State.SHOWN
    assert "79 more favourable outcomes" in finding.message  # 97 less the 18 there are
    assert run_rule(RULE, tally_of({"a": (300, 1000), "b": (290, 1000)})).state is State.CLEAR


def test_declines_without_groups_or_outcome() -> None:
    assert run_rule(RULE, tally_of({(): (60, 200)}, groups=())).state is State.NOT_RUN
    assert run_rule(RULE, tally_of({"a": 200, "b": 60}, target=None)).state is State.NOT_RUN


def test_the_rows_named_earn_clear_as_often_as_said() -> None:
    """At the size that it names, equal rates give a lower bound at the limit in about 80% of draws."""
    rate, limit, n_ref = 0.3, 0.8, 3000
    needed = clear_n(rate, limit, n_ref)
    assert needed is not None
    n = math.ceil(needed)
    rng = np.random.default_rng(0)
    draws = zip(rng.binomial(n, rate, 600), rng.binomial(n_ref, rate, 600), strict=True)
    share = np.mean([ratio_interval(Pair(x, n, x_ref, n_ref)).low >= limit for x, x_ref in draws])
    assert share == pytest.approx(0.8, abs=0.06)
    assert clear_n(rate, limit, 10) is None
    # One to one, in closed form: 2 (1 - p) / p ((1.96 + 0.8416) / ln 1.25)^2 = 736 at p = 0.3
    equal = 2 * 0.7 / 0.3 * ((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) / math.log(1.25)) ** 2
    assert clear_n(rate, limit, equal) == pytest.approx(equal, rel=1e-9)
    assert equal == pytest.approx(736, abs=1)


def test_the_group_that_lacks_rows_is_named_though_it_is_the_reference() -> None:
    """Of 3,000 and 400 with rates near .3 the smaller one has the higher rate, and is the reference."""
    findings = {f.subject["level"]: f for f in run_rule(RULE, tally_of({"a": (900, 3000), "b": (132, 400)})).findings}
    assert findings["a"].state is State.CLEAR
    assert findings["b"].state is State.SHOWN
    (need,) = findings["b"].needs
    rate = 1032 / 3400
    assert need.rows == math.ceil((clear_n(rate, 0.8, 3000) or 0) - 400)
