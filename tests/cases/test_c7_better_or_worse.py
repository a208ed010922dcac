"""What changed between two audits, what is better or worse first, and which of the two is.

A comparison said "the verdict is the same" while a group's ratio went from 0.681 to 0.997, and had that on line 60 of
91; that the second is better was never said.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import auditor
from auditor.audit.compare import compare
from auditor.cli.commands import main
from auditor.counts.extras import Twins
from auditor.model import Audit, Direction, Level, State
from auditor.reporter import renderer
from tests.conftest import rows_of
from tests.tallies import audit_of, tally_of

Counts = dict[str, tuple[int, int]]


def _audit(counts: Counts, use: dict[str, Any] | None = None) -> Audit:
    nobody = Twins((), ("score",))  # no two records are alike
    return audit_of(tally_of(counts, groups=["race"], twins={"race": (nobody, nobody)}), use)


# 0.340 / 0.500 = 0.680 and 0.498 / 0.500 = 0.996; 0.470 / 0.500 = 0.940 and 0.300 / 0.500 = 0.600.
FIRST: Counts = {"white": (500, 1000), "black": (340, 1000), "asian": (470, 1000)}
RISEN: Counts = {**FIRST, "black": (498, 1000)}
FALLEN: Counts = {**FIRST, "asian": (300, 1000)}
BOTH: Counts = {**FIRST, "black": (498, 1000), "asian": (300, 1000)}


def _lines(before: Audit, after: Audit, tmp_path: Path) -> tuple[int, list[str]]:
    paths = [str(tmp_path / name) for name in ("a.json", "b.json")]
    before.save(paths[0])
    after.save(paths[1])
    run = CliRunner().invoke(main, ["compare", *paths])
    return run.exit_code, run.stdout.splitlines()


def test_a_ratio_that_rose_is_said_at_once_though_the_verdict_is_the_same(tmp_path: Path) -> None:
    # A third group stays under four fifths, so that both are unfit: 0.350 / 0.500 = 0.700.
    before, after = (_audit({**of, "other": (350, 1000)}) for of in (FIRST, RISEN))
    assert before.verdict.level is after.verdict.level is Level.UNFIT
    code, lines = _lines(before, after, tmp_path)
    top = " ".join(" ".join(lines[:9]).split())
    assert code == 0
    assert "The second is better. The verdict is the same: Unfit" in top
    assert "1 better" in top
    assert "race: black against white; Impact ratio 0.680 [" in top
    assert "] → 0.996 [" in top


@pytest.mark.parametrize(
    ("pair", "worse", "better", "said", "code"),
    [
        ((FIRST, RISEN), False, True, "The second is better. The verdict: Unfit", 0),
        ((RISEN, FIRST), True, False, "The second is worse. The verdict: ", 1),
        ((FIRST, BOTH), True, True, "The second is worse in some things and better in others.", 1),
        ((FIRST, FIRST), False, False, "Nothing that counts is better or worse in the second.", 0),
    ],
)
def test_which_is_better_is_said(
    pair: tuple[Counts, Counts], worse: bool, better: bool, said: str, code: int, tmp_path: Path
) -> None:
    before, after = map(_audit, pair)
    found = compare(before, after)
    assert (found.worse, found.better) == (worse, better)
    exit_code, lines = _lines(before, after, tmp_path)
    assert exit_code == code
    assert said in " ".join(" ".join(lines).split())


def test_what_is_worse_comes_first_then_better_then_new_and_the_rest_is_counted(tmp_path: Path) -> None:
    before, after = _audit(FIRST), _audit({**BOTH, "other": (100, 200)})
    found = compare(before, after)
    directions = [change.direction for change in found.changes]
    assert directions == sorted(directions, key=list(Direction).index)
    ratios = {c.subject["level"]: c.direction for c in found.changes if c.rule == "OUT001"}
    assert ratios == {"asian": Direction.WORSE, "black": Direction.BETTER}
    # The group that only the second has is new, whatever is found of it.
    assert {c.direction for c in found.changes if c.subject.get("level") == "other"} == {Direction.NEW}
    same = sum(
        {f.subject["level"]: f.state for f in before.findings(rule)}.get(f.subject["level"]) is f.state
        for rule in {result.rule for result in before.results if result.state is not State.NOT_RUN}
        for f in after.findings(rule)
        if "level" in f.subject and f.subject["level"] != "other"
    )
    assert found.unchanged >= same > 0
    _, lines = _lines(before, after, tmp_path)
    titles = [line.strip() for line in lines if line.strip() in ("Worse", "Better", "New", "Numbers")]
    assert titles[:3] == ["Worse", "Better", "New"]


def test_a_group_that_is_gone_is_no_improvement(tmp_path: Path) -> None:
    before, after = _audit(FIRST), _audit({name: of for name, of in FIRST.items() if name != "black"})
    found = compare(before, after)
    gone = [change for change in found.changes if change.rule == "OUT001"]
    assert before.verdict.level is Level.UNFIT and after.verdict.level is not Level.UNFIT
    assert not found.better
    assert [(c.subject["level"], c.direction, c.better) for c in gone] == [("black", Direction.GONE, False)]
    assert "No longer in the data" in [line.strip() for line in _lines(before, after, tmp_path)[1]]


def test_a_column_that_is_dropped_is_gone_and_the_proxy_with_it() -> None:
    frame = rows_of(FIRST, group="race")
    frame["hat"] = frame["race"].map({"white": "a", "black": "b", "asian": "b"})
    audit = auditor.check(frame, target="hired", groups="race", only=["PRX001"], drop="hat")
    assert audit.compared is not None
    hats = [change for change in audit.compared.changes if change.subject.get("column") == "hat"]
    assert hats and {change.direction for change in hats} == {Direction.GONE}


def test_what_cannot_be_told_any_more_is_neither_better_nor_worse() -> None:
    # Of 20 people each, 0.35 / 0.50 = 0.70 is not told from 1 (Fisher: p = 0.52).
    before, after = _audit(FIRST), _audit({"white": (10, 20), "black": (7, 20), "asian": (9, 20)})
    found = compare(before, after)
    (black,) = (c for c in found.changes if c.rule == "OUT001" and c.subject["level"] == "black")
    assert (black.after, black.direction, black.better) == (State.UNDETERMINED, Direction.OTHER, False)
    assert (after.verdict.level, found.better) == (Level.CANNOT_TELL, False)


def test_a_finding_that_its_owner_accepts_makes_nothing_better_by_going(tmp_path: Path) -> None:
    waiver = {"rule": "OUT001", "subject": "black", "reason": "known", "by": "the board"}
    before, after = (_audit(of, {"accept": [waiver]}) for of in (FIRST, RISEN))
    (black,) = (c for c in compare(before, after).changes if c.rule == "OUT001" and c.subject["level"] == "black")
    assert (black.direction, black.better) == (Direction.BETTER, False)


def test_numbers_have_a_direction_where_one_is_nearer_to_no_fault() -> None:
    shifts = {
        (s.measure, s.subject["level"]): s for s in compare(_audit(FIRST), _audit(BOTH)).shifts if s.rule == "OUT001"
    }
    assert shifts["impact_ratio", "black"].direction is Direction.BETTER
    assert shifts["impact_ratio", "asian"].direction is Direction.WORSE
    assert shifts["selection_rate", "black"].direction is Direction.OTHER  # a rate by itself is no fault


def test_another_reference_is_said() -> None:
    before, after = _audit(FIRST), _audit({**FIRST, "asian": (700, 1000)})
    said = " ".join(compare(before, after).notes)
    assert "the reference of race is 'white' in the first and 'asian' in the second" in said


def test_every_report_has_it_and_a_saved_comparison_reads_back(tmp_path: Path) -> None:
    before, after = _audit(FIRST), _audit(BOTH)
    beside = replace(after, compared=compare(before, after))
    assert Audit.from_dict(json.loads(renderer(".json")(beside))) == beside
    for suffix in (".html", ".md", ".txt"):
        text = " ".join(renderer(suffix)(beside).replace("\\", "").split())
        assert "worse in some things and better in others" in text
        places = [text.index(said) for said in ("Before and after", "0.940 [", "→ 0.600 [", "0.680 [", "→ 0.996 [")]
        assert places[0] < places[1] < places[2] < text.index("0.680 [", places[2]) < text.index("→ 0.996 [", places[2])


def test_a_comparison_of_an_older_audit_is_still_read() -> None:
    before, after = _audit(FIRST), _audit(RISEN)
    saved = json.loads(renderer(".json")(replace(after, compared=compare(before, after))))
    for key in ("better", "unchanged"):
        del saved["compared"][key]
    for change in saved["compared"]["changes"]:
        del change["direction"], change["better"]
    for shift in saved["compared"]["shifts"]:
        del shift["direction"]
    assert "Before and after" in renderer(".txt")(Audit.from_dict(saved))
