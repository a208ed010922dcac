"""A yes is no favour where the column's name is that of a harm: the answer would be turned round, so it is asked for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from auditor import check
from auditor.errors import RoleError


def _written(folder: Path, name: str, values: tuple[str, str] = ("0", "1")) -> str:
    draw = random.Random(1)
    path = folder / "data.csv"
    rows = "\n".join(f"{draw.choice('fm')},{draw.choice(values)}" for _ in range(100))
    path.write_text(f"gender,{name}\n{rows}\n")
    return str(path)


# Names of outcomes in public data sets, of which 1 is what nobody wants, and the same in other languages.
@pytest.mark.parametrize(
    "name",
    ["Exited", "left", "Attrition", "readmitted", "SeriousDlqin2yrs", "not_hired", "no_show", "Kündigung", "refusé",
     "rechazado", "abgelehnt", "nicht_eingestellt", "rearrested", "two_year_recid"],
)  # fmt: skip
def test_the_name_of_a_harm_is_never_a_favour(tmp_path: Path, name: str) -> None:
    with pytest.raises(RoleError, match="reads like an unfavourable outcome"):
        check(_written(tmp_path, name), target=name, groups=["gender"], only=["OUT001"])


@pytest.mark.parametrize(("name", "warned"), [("hired", False), ("loan_decision", False), ("flag", True)])
def test_what_yes_means_is_doubtful_where_no_word_says_it(tmp_path: Path, name: str, warned: bool) -> None:
    audit = check(_written(tmp_path, name), target=name, groups=["gender"], only=["OUT001"])
    (decision,) = [each for each in audit.dataset.reading if each.about == "favourable outcome"]
    assert decision.warning is warned


@pytest.mark.parametrize(
    ("values", "proposed"),
    [(("recidivated", "did not"), None), (("да", "нет"), "'да'"), (("tak", "nie"), "tak"), (("sim", "não"), "sim")],
)
def test_a_proposal_is_not_the_harm(tmp_path: Path, values: tuple[str, str], proposed: str | None) -> None:
    with pytest.raises(RoleError) as caught:
        check(_written(tmp_path, "outcome", values), target="outcome", groups=["gender"])
    assert str(caught.value).partition("perhaps --positive ")[2] == (proposed or "")
